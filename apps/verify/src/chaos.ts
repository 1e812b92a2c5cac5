/** kill -9, again and again, each time while a transaction is open. */
import type { Clock, Random } from '@millrace/base';
import type { KafkaClient } from '@millrace/ports';
import type { ServiceProcess } from './processes.ts';

export interface ChaosOptions {
  readonly kills: number;
  readonly processes: readonly ServiceProcess[];
  readonly client: KafkaClient;
  /** Sets of topics that transactions of the workers write to; each kill waits for an open one in a set of its own choice. */
  readonly watched: readonly (readonly string[])[];
  readonly sessionTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  say(text: string): void;
}

export interface ChaosResult {
  workers: number;
  connectors: number;
  /** Kills that struck while a transaction was open on a watched partition. */
  inTransaction: number;
}

/**
 * Kills processes one after the other and starts them again: at once, or, one time in four, after their session has ended and their work has
 * moved. Every process has its turn before one has its second.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { clock, random, say } = options;
  const done: ChaosResult = { workers: 0, connectors: 0, inTransaction: 0 };
  let turns: ServiceProcess[] = [];
  for (let kill = 1; kill <= options.kills; kill++) {
    await clock.sleep(1_000 + random.int(1_500));
    if (turns.length === 0) turns = [...options.processes];
    const [victim] = turns.splice(random.int(turns.length), 1);
    if (victim === undefined) return done;
    const isOpen = await waitForOpenTransaction(options);
    await victim.kill();
    done[victim.spec.kind === 'worker' ? 'workers' : 'connectors']++;
    if (isOpen) done.inTransaction++;
    const isLong = random.int(4) === 0;
    say(
      `kill ${kill}/${options.kills}: ${victim.spec.name}${isOpen ? ' with a transaction open' : ''}${isLong ? ', back after its session' : ''}`,
    );
    await clock.sleep(isLong ? options.sessionTimeoutMs + random.int(2_000) : random.int(1_500));
    victim.start();
  }
  return done;
}

const openWithinMs = 10_000;

/**
 * True as soon as some partition has records past its last stable offset; false when there is none for ten seconds. Result topics have them in
 * the middle of a commit, repartition topics between commits.
 */
async function waitForOpenTransaction({ client, watched, clock, random }: ChaosOptions): Promise<boolean> {
  const topics = watched[random.int(watched.length)] ?? [];
  const views = [...(await client.topics(topics, { maxAgeMs: 0 })).values()];
  const partitions = views.flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  );
  const end = clock.monotonic() + openWithinMs;
  while (clock.monotonic() < end) {
    // In this order: what is behind an older high watermark is open now.
    const high = await client.admin.listOffsets(partitions, 'latest', 'read_uncommitted');
    const stable = await client.admin.listOffsets(partitions, 'latest', 'read_committed');
    const stableAt = new Map(stable.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]));
    if (high.some(({ topic, partition, offset }) => offset > (stableAt.get(`${topic}-${partition}`) ?? offset)))
      return true;
    await clock.sleep(5);
  }
  return false;
}
