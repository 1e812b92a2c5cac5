/** kill -9 and long freezes, again and again, each at a moment when a transaction is open. */
import type { Clock, Random } from '@millrace/base';
import type { KafkaClient } from '@millrace/ports';
import { isLeftOpen, waitForOpenTransaction } from './open-transactions.ts';
import type { ServiceProcess } from './processes.ts';

export interface ChaosOptions {
  readonly kills: number;
  readonly freezes: number;
  readonly processes: readonly ServiceProcess[];
  readonly client: KafkaClient;
  /** Where transactions are open in the middle of commits only, and where they are between commits too. */
  readonly results: readonly string[];
  readonly repartitions: readonly string[];
  readonly commitIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Called after each fault. */
  struck(text: string): void;
}

export interface ChaosResult {
  workers: number;
  connectors: number;
  /** Faults at a moment when some transaction was open. */
  inTransaction: number;
  /** Kills that left a transaction open, seen afterwards: nobody had ended it for several commit intervals. */
  leftOpen: number;
  /** Processes that stood still until others had their work, and went on. */
  freezes: number;
}

/** Strikes one process after the other; every process has its turn before one has its second. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const { clock, random, processes, kills, freezes } = options;
  const done: ChaosResult = { workers: 0, connectors: 0, inTransaction: 0, leftOpen: 0, freezes: 0 };
  const freezesAt = new Set(
    Array.from({ length: freezes }, (_, i) => Math.floor(((i + 0.5) * (kills + freezes)) / freezes)),
  );
  let turns: ServiceProcess[] = [];
  for (let fault = 0; fault < kills + freezes; fault++) {
    await clock.sleep(1_000 + random.int(1_500));
    if (turns.length === 0) turns = [...processes];
    const [victim] = turns.splice(random.int(turns.length), 1);
    if (victim === undefined) return done;
    if (await isInTransaction(options)) done.inTransaction++;
    await (freezesAt.has(fault) ? freeze(victim, done, options) : kill(victim, done, options));
  }
  return done;
}

function isInTransaction({ client, clock, random, results, repartitions }: ChaosOptions): Promise<boolean> {
  return waitForOpenTransaction({ client, clock, topics: random.int(3) === 0 ? results : repartitions });
}

/** Killed, and started again soon, or, one time in four, after its session has ended and its work has moved. */
async function kill(victim: ServiceProcess, done: ChaosResult, options: ChaosOptions): Promise<void> {
  const { client, clock, random, results, repartitions, sessionTimeoutMs, struck } = options;
  await victim.kill();
  const { name, kind } = victim.spec;
  const topics = [...results, ...repartitions];
  const isLeft = await isLeftOpen({ client, clock, topics }, 3 * options.commitIntervalMs);
  done[kind === 'worker' ? 'workers' : 'connectors']++;
  if (isLeft) done.leftOpen++;
  const isLong = random.int(4) === 0;
  const facts = [isLeft ? ', a transaction was left open' : '', isLong ? ', back after its session' : ''];
  struck(`kill ${done.workers + done.connectors}/${options.kills}: ${name}${facts.join('')}`);
  await clock.sleep(isLong ? sessionTimeoutMs + random.int(2_000) : random.int(1_000));
  victim.start();
}

/** Stands still until its session has ended and its work has moved, then goes on in the belief that it still has it: it must be fenced. */
async function freeze(victim: ServiceProcess, done: ChaosResult, options: ChaosOptions): Promise<void> {
  const { clock, random, sessionTimeoutMs, struck } = options;
  victim.signal('SIGSTOP');
  await clock.sleep(sessionTimeoutMs + 1_000 + random.int(6_000));
  victim.signal('SIGCONT');
  done.freezes++;
  struck(`freeze ${done.freezes}/${options.freezes}: ${victim.spec.name} goes on after its session`);
}
