/**
 * Mistakes to make on purpose, each a wrong line in the wiring between the runtime and its ports. The simulator must catch every one
 * of them: that is the proof that it can fail. None of them exists in the product.
 */
import { MillraceError } from '@millrace/base';
import type {
  Fetcher,
  GroupMember,
  KafkaClient,
  StateEngine,
  StateEngines,
  TransactionalProducer,
} from '@millrace/ports';

/** The ports of one worker, before and after a mutant has touched them. */
export interface WorkerPorts {
  readonly client: KafkaClient;
  readonly engines: StateEngines;
}

export type MutantName = keyof typeof mutants;

export const mutants = {
  /** Offsets are committed without generation and member: a zombie's commit is taken. */
  noGeneration: (ports) =>
    withProducer(ports, (producer) => ({
      sendOffsets: (offsets, group) => {
        const known = typeof group === 'function' ? group() : group;
        return producer.sendOffsets(offsets, { ...known, generation: -1, memberId: '' });
      },
    })),
  /** Committed offsets are read while a transaction that holds newer ones is open. */
  unstableOffsets: (ports) =>
    withGroup(ports, (group) => ({ committed: (partitions) => group.committed(partitions, false) })),
  /** Offsets are committed one too far: the record there is never processed when the task moves. */
  offsetTooFar: (ports) => withShiftedOffsets(ports, 1),
  /** Offsets are committed one short: the record before is processed twice when the task moves. */
  offsetTooShort: (ports) => withShiftedOffsets(ports, -1),
  /** Everything is read as read_uncommitted: aborted records count. */
  readUncommitted: (ports) =>
    withClient(ports, { fetcher: (options) => ports.client.fetcher({ ...options, isolation: 'read_uncommitted' }) }),
  /** Changelogs alone are restored with their aborted records. */
  restoreUncommitted: (ports) =>
    withClient(ports, { fetcher: (options) => uncommittedChangelogs(ports.client, options) }),
  /** State is written before the transaction has committed. */
  applyBeforeCommit: (ports) =>
    withProducer(ports, (producer) => ({
      commit: () => {
        void producer.commit().catch(() => undefined);
        return Promise.resolve(true);
      },
    })),
  /** A commit of unknown outcome is taken as done. */
  unknownTakenAsCommitted: (ports) =>
    withProducer(ports, (producer) => ({
      commit: () =>
        producer.commit().catch((error: unknown) => (isUnknownOutcome(error) ? true : Promise.reject(error))),
    })),
  /** A write to the store is not atomic: data without its changelog position. */
  tornWrites: (ports) => withEngine(ports, (engine) => ({ write: (changes) => writeInTwo(engine, changes) })),
  /** Once in a while a committed write never reaches the store, while its position does with the next one. */
  lostWrites: (ports) => {
    let writes = 0;
    return withEngine(ports, (engine) => ({
      write: (changes) => (++writes % 7 === 0 ? Promise.resolve() : engine.write(changes)),
    }));
  },
  /** The group's message that the member was thrown out never comes. */
  deafToLoss: (ports) =>
    withGroup(ports, (group) => ({
      next: () => {
        const event = group.next();
        if (event?.type !== 'lost') return event;
        group.released();
        return undefined;
      },
    })),
} satisfies Record<string, (ports: WorkerPorts) => WorkerPorts>;

function isUnknownOutcome(error: unknown): boolean {
  return MillraceError.is(error) && String(error.code) === 'MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN';
}

/** The object with some methods replaced; the others keep their `this`. */
function replacing<T extends object>(object: T, replacements: Partial<T>): T {
  return new Proxy(object, {
    get: (target, name) => {
      const replaced = replacements[name as keyof T];
      if (replaced !== undefined) return replaced;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function withClient(ports: WorkerPorts, replacements: Partial<KafkaClient>): WorkerPorts {
  return { ...ports, client: replacing(ports.client, replacements) };
}

function withProducer(
  ports: WorkerPorts,
  mutate: (producer: TransactionalProducer) => Partial<TransactionalProducer>,
): WorkerPorts {
  return withClient(ports, {
    transactionalProducer: (options) => {
      const producer = ports.client.transactionalProducer(options);
      return replacing(producer, mutate(producer));
    },
  });
}

function withShiftedOffsets(ports: WorkerPorts, by: number): WorkerPorts {
  return withProducer(ports, (producer) => ({
    sendOffsets: (offsets, group) =>
      producer.sendOffsets(
        offsets.map((each) => ({ ...each, offset: Math.max(0, each.offset + by) })),
        group,
      ),
  }));
}

function withGroup(ports: WorkerPorts, mutate: (group: GroupMember) => Partial<GroupMember>): WorkerPorts {
  return withClient(ports, {
    group: (options) => {
      const group = ports.client.group(options);
      return replacing(group, mutate(group));
    },
  });
}

function withEngine(ports: WorkerPorts, mutate: (engine: StateEngine) => Partial<StateEngine>): WorkerPorts {
  const open = async (name: string): Promise<StateEngine> => {
    const engine = await ports.engines.open(name);
    return replacing(engine, mutate(engine));
  };
  return { ...ports, engines: replacing(ports.engines, { open }) };
}

/** The last third of the keys is written first, in a write of its own. */
async function writeInTwo(engine: StateEngine, changes: Parameters<StateEngine['write']>[0]): Promise<void> {
  const at = Math.floor(changes.keys.length / 2);
  await engine.write({ deleteRanges: [], keys: changes.keys.slice(at), values: changes.values.slice(at) });
  await engine.write({
    deleteRanges: changes.deleteRanges,
    keys: changes.keys.slice(0, at),
    values: changes.values.slice(0, at),
  });
}

/** A fetcher that reads changelogs uncommitted and everything else as it was asked to. */
function uncommittedChangelogs(client: KafkaClient, options: Parameters<KafkaClient['fetcher']>[0]): Fetcher {
  let fetcher = client.fetcher(options);
  let fresh = true;
  const target: Pick<Fetcher, 'assign'> = {
    assign: (partitions) => {
      if (fresh && partitions.some(({ topic }) => topic.endsWith('-changelog')))
        fetcher = client.fetcher({ ...options, isolation: 'read_uncommitted' });
      fresh = false;
      fetcher.assign(partitions);
    },
  };
  return new Proxy(target as Fetcher, {
    get: (_target, name) => {
      if (name === 'assign') return target.assign;
      const value: unknown = Reflect.get(fetcher, name, fetcher);
      return typeof value === 'function' ? value.bind(fetcher) : value;
    },
  });
}
