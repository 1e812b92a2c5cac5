/**
 * Everything a simulation run is made of, as plain data: drawn from a seed, printed when it fails, made smaller by the shrinker.
 * Each seed has its own subset of kinds of faults and its own rates (swarm testing), so that rare combinations come up.
 */
import type { Random } from '@millrace/base';
import { RandomStreams, type DiskRates, type Fault, type FaultType, type NetworkRates } from '@millrace/testing';

export interface Plan {
  readonly seed: number;
  readonly guarantee: 'exactly_once_v2' | 'at_least_once';
  readonly transactionVersion: 1 | 2;
  readonly workers: number;
  readonly threads: number;
  /** Members of the group keep their name and their tasks over a restart (KIP-345). */
  readonly staticMembers: boolean;
  readonly partitions: number;
  readonly commitIntervalMs: number;
  readonly transactionTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** The record cache of the stores; 0 forwards every update. */
  readonly cacheBytes: number;
  /** Tasks with more records than this wait before they read on. */
  readonly bufferedRecords: number;
  /** How often committed records of repartition topics are deleted. */
  readonly purgeIntervalMs: number;
  /** How often the broker compacts and deletes, in segments this small; 0: never. */
  readonly cleanupIntervalMs: number;
  readonly segmentBytes: number;
  /** How long the markers of a transaction may take. */
  readonly markerDelayMs: number;
  /** Posts to feed, over how much virtual time. */
  readonly posts: number;
  readonly feedMs: number;
  /** Share of the posts that is fed when all is healed, everything counted and every worker started anew over the state it has. */
  readonly afterwardsShare: number;
  /** Share of the feeder's transactions that are aborted, undefined: the feeder uses none. */
  readonly feedAbortShare: number | undefined;
  /** Grace of the windows; the wide one drops nothing. */
  readonly graceMs: number;
  readonly network: NetworkRates;
  readonly disk: DiskRates;
  readonly faults: readonly Fault[];
}

const faultTypes: readonly FaultType[] = ['crash', 'pause', 'cut', 'reset', 'stop', 'brokerRestart'];
/**
 * Faults that leave no worker behind which still writes while others have its tasks. At least once nothing fences such a one: it may
 * write older counts over newer ones, as in the JVM library. A broker that is away longer than a session leaves some too.
 */
const faultTypesWithoutZombies: readonly FaultType[] = ['crash', 'reset', 'stop'];
export const wideGraceMs = 30 * 86_400_000;

/** The plan of a seed. */
export function drawPlan(seed: number): Plan {
  const streams = new RandomStreams(seed);
  const random = streams.stream('plan');
  const workers = 1 + random.int(3);
  const feedMs = between(random, 3_000, 9_000);
  const isExact = random.next() < 0.9;
  return {
    seed,
    guarantee: isExact ? 'exactly_once_v2' : 'at_least_once',
    transactionVersion: random.next() < 0.6 ? 2 : 1,
    workers,
    threads: random.next() < 0.7 ? 1 : 2,
    staticMembers: random.next() < 0.4,
    partitions: 1 + random.int(4),
    ...drawTimes(random),
    cacheBytes: random.next() < 0.5 ? 0 : 1 << 20,
    bufferedRecords: random.next() < 0.3 ? 1 + random.int(10) : 1_000,
    purgeIntervalMs: random.next() < 0.5 ? between(random, 200, 2_000) : 30_000,
    cleanupIntervalMs: random.next() < 0.3 ? between(random, 200, 3_000) : 0,
    segmentBytes: between(random, 500, 20_000),
    markerDelayMs: random.next() < 0.7 ? 4 : between(random, 4, 2_500),
    posts: between(random, 30, 150),
    feedMs,
    afterwardsShare: 0.25,
    // At least once reads uncommitted, as the JVM library does: what a feeder aborts would be counted.
    feedAbortShare: isExact && random.next() < 0.3 ? 0.3 : undefined,
    graceMs: wideGraceMs,
    network: drawNetwork(streams.stream('network'), isExact),
    disk: { latencyMs: random.next() < 0.3 ? 0 : between(random, 1, 10), slowShare: random.next() * 0.05 },
    faults: drawFaults(streams.stream('faults'), isExact ? faultTypes : faultTypesWithoutZombies, { workers, feedMs }),
  };
}

function drawTimes(
  random: Random,
): Pick<Plan, 'commitIntervalMs' | 'transactionTimeoutMs' | 'sessionTimeoutMs' | 'requestTimeoutMs'> {
  return {
    commitIntervalMs: between(random, 50, 800),
    transactionTimeoutMs: between(random, 1_000, 8_000),
    sessionTimeoutMs: between(random, 1_500, 6_000),
    requestTimeoutMs: between(random, 800, 4_000),
  };
}

function drawNetwork(random: Random, mayBeSlow: boolean): NetworkRates {
  const share = (max: number): number => (random.next() < 0.5 ? 0 : random.next() * max);
  return {
    latencyMs: between(random, 1, 8),
    slowShare: mayBeSlow ? share(0.03) : 0,
    slowMs: between(random, 50, 4_000),
    lostReplyShare: share(0.03),
    lostRequestShare: share(0.03),
  };
}

interface FaultRange {
  readonly workers: number;
  readonly feedMs: number;
}

function drawFaults(random: Random, possible: readonly FaultType[], { workers, feedMs }: FaultRange): Fault[] {
  const types = possible.filter(() => random.next() < 0.5);
  if (types.length === 0) return [];
  const faults = Array.from({ length: random.int(9) }, () =>
    drawFault(random, types[random.int(types.length)] as FaultType, workers, feedMs),
  );
  return faults.sort((a, b) => a.atMs - b.atMs);
}

function drawFault(random: Random, type: FaultType, workers: number, feedMs: number): Fault {
  const atMs = between(random, 300, feedMs + 2_000);
  const worker = random.int(workers);
  switch (type) {
    case 'crash':
      return { type, atMs, worker, downMs: between(random, 50, 4_000), disk: random.next() < 0.3 ? 'lost' : 'kept' };
    case 'pause':
      return { type, atMs, worker, forMs: between(random, 200, 9_000) };
    case 'cut': {
      const directions = ['both', 'toServer', 'fromServer'] as const;
      return { type, atMs, worker, direction: directions[random.int(3)] ?? 'both', forMs: between(random, 200, 7_000) };
    }
    case 'reset':
      return { type, atMs, worker, requestsArrive: random.next() < 0.6 };
    case 'stop':
      return { type, atMs, worker, downMs: between(random, 50, 3_000) };
    case 'brokerRestart':
      return { type, atMs, downMs: between(random, 50, 3_000) };
  }
}

function between(random: Random, low: number, high: number): number {
  return low + random.int(high - low + 1);
}
