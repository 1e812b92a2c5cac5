/**
 * One simulation: builds the world of a plan, runs the real topology on the real client against the broker's state machine, lets the
 * faults happen, heals, waits until everything fed is counted, and checks what is left behind.
 */
import { MillraceError } from '@millrace/base';
import { generatePosts, type Post } from '@millrace/app-demo';
import { EmbeddedRegistry } from '@millrace/schema-registry';
import { World, simulationEpochMs, type WorldOptions } from '@millrace/testing';
import { violations, type Violation } from './checks.ts';
import type { MutantName } from './mutant.ts';
import type { Plan } from './plan.ts';
import { Scenario } from './scenario.ts';
import { launchWorker } from './worker.ts';

/** What came of a run. */
export interface Outcome {
  /** Whose run it was, where it was not the main job. */
  readonly subject?: string;
  readonly plan: Plan;
  readonly violations: readonly Violation[];
  readonly virtualMs: number;
  readonly events: number;
  /** Two runs of a plan have the same. */
  readonly hash: string;
  readonly trace: readonly string[];
  /** Records of aborted transactions in the result topics: proof that faults hit open transactions. */
  readonly abortedRecords: number;
  /** How often workers logged each error code or text: proof that they met what they are to survive. */
  readonly logged: ReadonlyMap<string, number>;
}

export interface RunOptions {
  readonly mutant?: MutantName | undefined;
  readonly keepTrace: boolean;
}

/** Where a run ends that goes nowhere. */
export const limits = { timeMs: 180_000, events: 3_000_000 };
/** Event time of the posts: several windows, across midnight. */
const eventTimeMs = 2_400_000;

export async function runPlan(plan: Plan, { mutant, keepTrace }: RunOptions): Promise<Outcome> {
  const registry = new EmbeddedRegistry();
  const world = worldOf(plan, keepTrace, (ports) => launchWorker(ports, { plan, registry, mutant }));
  const scenario = new Scenario(world, plan, registry, drawPosts(plan, world));
  const found = await play(world, scenario);
  return {
    plan,
    violations: found,
    virtualMs: world.scheduler.nowMs,
    events: world.scheduler.events,
    hash: world.trace.hash,
    trace: world.trace.lines,
    abortedRecords: scenario.abortedRecords(),
    logged: world.logged,
  };
}

/** The world that a plan asks for. */
export function worldOf(plan: Plan, keepTrace: boolean, launch: WorldOptions['launch']): World {
  return new World({
    seed: plan.seed,
    broker: {
      transactionVersion: plan.transactionVersion,
      markerDelay: { minMs: 0, maxMs: plan.markerDelayMs },
      // With v1 nobody can tell, and so nobody can help.
      forgetsMarkers: plan.transactionVersion === 2,
      cleanupIntervalMs: plan.cleanupIntervalMs,
    },
    workers: plan.workers,
    network: plan.network,
    disk: plan.disk,
    keepTrace,
    launch,
  });
}

/** Plays the scenario in virtual time; gives what does not hold in the end. */
async function play(world: World, scenario: Scenario): Promise<Violation[]> {
  let end: { readonly error?: unknown } | undefined;
  scenario.play().then(
    () => (end = {}),
    (error: unknown) => (end = { error }),
  );
  const ended = await world.run(() => end !== undefined || world.failures.length > 0, limits);
  const failures = world.failures.map(({ worker, error }) => ({
    check: `${worker} keeps running`,
    text: textOf(error),
  }));
  if (failures.length > 0) return failures;
  if (end?.error !== undefined) return [{ check: 'scenario', text: textOf(end.error) }];
  if (ended !== 'done') return [{ check: 'liveness', text: `the run ended by ${ended}; ${scenario.progress()}` }];
  return violations(await scenario.aftermath());
}

function drawPosts(plan: Plan, world: World): Post[] {
  return [
    ...generatePosts({
      random: world.streams.stream('posts'),
      startMs: simulationEpochMs - eventTimeMs / 2,
      durationMs: eventTimeMs,
      postsPerSecond: (plan.posts / eventTimeMs) * 1_000,
      vocabulary: 12,
      lateShare: 0.2,
    }),
  ];
}

/** A failure for the reader of a report. */
export function textOf(error: unknown): string {
  if (MillraceError.is(error)) return `${error.code}: ${error.message} ${String(error.stack)}`;
  return error instanceof Error ? String(error.stack) : String(error);
}
