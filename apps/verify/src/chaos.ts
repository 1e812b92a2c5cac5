/** kill -9, again and again, each time while a transaction is open. */
import type { Clock, Random } from '@millrace/base';
import type { KafkaClient } from '@millrace/ports';
import { isLeftOpen, waitForOpenTransaction } from './open-transactions.ts';
import type { ServiceProcess } from './processes.ts';

export interface ChaosOptions {
  readonly kills: number;
  readonly processes: readonly ServiceProcess[];
  readonly client: KafkaClient;
  /** Where transactions are open in the middle of commits only, and where they are between commits too. */
  readonly results: readonly string[];
  readonly repartitions: readonly string[];
  readonly commitIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  say(text: string): void;
}

export interface ChaosResult {
  workers: number;
  connectors: number;
  /** Kills at a moment when some transaction was open. */
  inTransaction: number;
  /** Kills that left a transaction open, seen afterwards: nobody had ended it for several commit intervals. */
  leftOpen: number;
}

/**
 * Kills processes one after the other and starts them again: soon, or, one time in four, after their session has ended and their work has
 * moved. Every process has its turn before one has its second.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { clock, random, processes } = options;
  const done: ChaosResult = { workers: 0, connectors: 0, inTransaction: 0, leftOpen: 0 };
  let turns: ServiceProcess[] = [];
  for (let kill = 1; kill <= options.kills; kill++) {
    await clock.sleep(1_000 + random.int(1_500));
    if (turns.length === 0) turns = [...processes];
    const [victim] = turns.splice(random.int(turns.length), 1);
    if (victim !== undefined) await killOnce(victim, `kill ${kill}/${options.kills}`, done, options);
  }
  return done;
}

async function killOnce(
  victim: ServiceProcess,
  title: string,
  done: ChaosResult,
  options: ChaosOptions,
): Promise<void> {
  const { client, clock, random, results, repartitions, sessionTimeoutMs, say } = options;
  const isInCommit = random.int(3) === 0;
  const isOpen = await waitForOpenTransaction({ client, clock, topics: isInCommit ? results : repartitions });
  await victim.kill();
  const { name, kind } = victim.spec;
  const isLeft = await isLeftOpen(
    { client, clock, topics: [...results, ...repartitions] },
    3 * options.commitIntervalMs,
  );
  done[kind === 'worker' ? 'workers' : 'connectors']++;
  if (isOpen) done.inTransaction++;
  if (isLeft) done.leftOpen++;
  const isLong = random.int(4) === 0;
  const facts = [isOpen && 'a transaction was open', isLeft && 'one was left open', isLong && 'back after its session'];
  say([`${title}: ${name}`, ...facts.filter((fact) => fact !== false)].join(', '));
  await clock.sleep(isLong ? sessionTimeoutMs + random.int(2_000) : random.int(1_000));
  victim.start();
}
