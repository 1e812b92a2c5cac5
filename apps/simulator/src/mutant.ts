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
  Transport,
} from '@millrace/ports';
import { apis, decodeRequest, decodeRequestHeader, encodeRequest } from '@millrace/protocol';

/** The ports of one worker, before and after a mutant has touched them. */
export interface Wiring {
  readonly client: KafkaClient;
  readonly engines: StateEngines;
}

/** What a mutant touches. */
export interface Mutant {
  transport(transport: Transport): Transport;
  wiring(ports: Wiring): Wiring;
}

export type MutantName = keyof typeof mutants;

/** No mistake. */
export const faithful: Mutant = { transport: (transport) => transport, wiring: (ports) => ports };

const wired = (wiring: Mutant['wiring']): Mutant => ({ ...faithful, wiring });

export const mutants = {
  /** Offsets are committed without generation and member, as clients before KIP-447 do: a zombie's commit is taken. */
  noGeneration: { ...faithful, transport: withoutGenerations },
  /** Committed offsets are read while a transaction that holds newer ones is open. */
  unstableOffsets: wired((ports) =>
    withGroup(ports, (group) => ({ committed: (partitions) => group.committed(partitions, false) })),
  ),
  /** Offsets are committed one too far: the record there is never processed when the task moves. */
  offsetTooFar: wired((ports) => withShiftedOffsets(ports, 1)),
  /** Offsets are committed one short: the record before is processed twice when the task moves. */
  offsetTooShort: wired((ports) => withShiftedOffsets(ports, -1)),
  /** Everything is read as read_uncommitted: aborted records count. */
  readUncommitted: wired((ports) =>
    withClient(ports, { fetcher: (options) => ports.client.fetcher({ ...options, isolation: 'read_uncommitted' }) }),
  ),
  /** Changelogs alone are restored with their aborted records. */
  restoreUncommitted: wired((ports) =>
    withClient(ports, { fetcher: (options) => uncommittedChangelogs(ports.client, options) }),
  ),
  /** State is written before the transaction has committed. */
  applyBeforeCommit: wired((ports) =>
    withProducer(ports, (producer) => ({
      commit: () => {
        void producer.commit().catch(() => undefined);
        return Promise.resolve(true);
      },
    })),
  ),
  /** A commit of unknown outcome is taken as done. */
  unknownTakenAsCommitted: wired((ports) =>
    withProducer(ports, (producer) => ({
      commit: () =>
        producer.commit().catch((error: unknown) => (isUnknownOutcome(error) ? true : Promise.reject(error))),
    })),
  ),
  /** A write to the store is not atomic: data without its changelog position. */
  tornWrites: wired((ports) => withEngine(ports, (engine) => ({ write: (changes) => writeInTwo(engine, changes) }))),
  /** Once in a while a committed write never reaches the store, while its position does with the next one. */
  lostWrites: wired((ports) => {
    let writes = 0;
    return withEngine(ports, (engine) => ({
      write: (changes) => (++writes % 7 === 0 ? Promise.resolve() : engine.write(changes)),
    }));
  }),
  /** The group's message that the member was thrown out never comes. */
  deafToLoss: wired((ports) =>
    withGroup(ports, (group) => ({
      next: () => {
        const event = group.next();
        if (event?.type !== 'lost') return event;
        group.released();
        return undefined;
      },
    })),
  ),
} satisfies Record<string, Mutant>;

/** Rewrites requests on the wire: the client itself refuses to send offsets without a generation. */
function withoutGenerations(transport: Transport): Transport {
  const { TxnOffsetCommit: api } = apis;
  const rewritten = (bytes: Uint8Array): Uint8Array => {
    const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).subarray(4);
    const { apiKey, apiVersion, bodyOffset, ...identity } = decodeRequestHeader(frame);
    if (apiKey !== api.key) return bytes;
    const body = decodeRequest(api, apiVersion, frame, bodyOffset);
    return encodeRequest(api, apiVersion, identity, { ...body, generationId: -1, memberId: '', groupInstanceId: null });
  };
  return {
    connect: async (address, handlers) => {
      const connection = await transport.connect(address, handlers);
      return replacing(connection, { write: (frames) => connection.write(frames.map(rewritten)) });
    },
  };
}

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

function withClient(ports: Wiring, replacements: Partial<KafkaClient>): Wiring {
  return { ...ports, client: replacing(ports.client, replacements) };
}

function withProducer(
  ports: Wiring,
  mutate: (producer: TransactionalProducer) => Partial<TransactionalProducer>,
): Wiring {
  return withClient(ports, {
    transactionalProducer: (options) => {
      const producer = ports.client.transactionalProducer(options);
      return replacing(producer, mutate(producer));
    },
  });
}

function withShiftedOffsets(ports: Wiring, by: number): Wiring {
  return withProducer(ports, (producer) => ({
    sendOffsets: (offsets, group) =>
      producer.sendOffsets(
        offsets.map((each) => ({ ...each, offset: Math.max(0, each.offset + by) })),
        group,
      ),
  }));
}

function withGroup(ports: Wiring, mutate: (group: GroupMember) => Partial<GroupMember>): Wiring {
  return withClient(ports, {
    group: (options) => {
      const group = ports.client.group(options);
      return replacing(group, mutate(group));
    },
  });
}

function withEngine(ports: Wiring, mutate: (engine: StateEngine) => Partial<StateEngine>): Wiring {
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
