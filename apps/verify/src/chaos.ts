import type { KafkaClient, TopicPartition } from '@millrace/ports';
import type { Clock, Random } from '@millrace/base';
import type { ServiceProcess } from './processes.ts';

export interface ChaosOptions {
  readonly kills: number;
  readonly processes: readonly ServiceProcess[];
  readonly client: KafkaClient;
  /** Partitions that transactions of the workers write to. */
  readonly watched: readonly TopicPartition[];
  readonly clock: Clock;
  readonly random: Random;
  /** True while there is work left; a kill after that proves nothing. */
  hasWork(): boolean;
  say(text: string): void;
}

export interface ChaosResult {
  readonly kills: number;
  /** Kills that struck while a transaction was open on a watched partition. */
  readonly killsInTransaction: number;
}

/** Kills random processes one after the other, each at a moment when a transaction is open, and starts them again. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { clock, random, processes } = options;
  let kills = 0;
  let killsInTransaction = 0;
  while (kills < options.kills && options.hasWork()) {
    await clock.sleep(1_000 + random.int(1_500));
    const running = processes.filter((process) => process.isRunning);
    const victim = running[random.int(running.length)];
    if (victim === undefined) continue;
    const isOpen = await waitForOpenTransaction(options);
    await victim.kill();
    kills++;
    if (isOpen) killsInTransaction++;
    options.say(`kill ${kills}/${options.kills}: ${victim.spec.name}${isOpen ? ' with a transaction open' : ''}`);
    await clock.sleep(random.int(1_500));
    victim.start();
  }
  return { kills, killsInTransaction };
}

/** True as soon as some watched partition has records past its last stable offset; false after three seconds. */
async function waitForOpenTransaction({ client, watched, clock }: ChaosOptions): Promise<boolean> {
  const end = clock.monotonic() + 3_000;
  while (clock.monotonic() < end) {
    const [stable, high] = await Promise.all([
      client.admin.listOffsets(watched, 'latest', 'read_committed'),
      client.admin.listOffsets(watched, 'latest', 'read_uncommitted'),
    ]);
    const stableAt = new Map(stable.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]));
    if (high.some(({ topic, partition, offset }) => offset > (stableAt.get(`${topic}-${partition}`) ?? offset)))
      return true;
    await clock.sleep(5);
  }
  return false;
}
