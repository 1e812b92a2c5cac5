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
  readonly partitions: number;
  readonly commitIntervalMs: number;
  readonly transactionTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** The record cache of the stores; 0 forwards every update. */
  readonly cacheBytes: number;
  /** Posts to feed, over how much virtual time. */
  readonly posts: number;
  readonly feedMs: number;
  /** Share of the feeder's transactions that are aborted, undefined: the feeder uses none. */
  readonly feedAbortShare: number | undefined;
  /** Grace of the windows; the wide one drops nothing. */
  readonly graceMs: number;
  readonly network: NetworkRates;
  readonly disk: DiskRates;
  readonly faults: readonly Fault[];
}

const faultTypes: readonly FaultType[] = ['crash', 'pause', 'cut', 'reset', 'stop', 'brokerRestart'];
export const wideGraceMs = 30 * 86_400_000;

/** The plan of a seed. */
export function drawPlan(seed: number): Plan {
  const streams = new RandomStreams(seed);
  const random = streams.stream('plan');
  const workers = 1 + random.int(3);
  const posts = 30 + random.int(120);
  const feedMs = 3_000 + random.int(6_000);
  return {
    seed,
    guarantee: random.next() < 0.9 ? 'exactly_once_v2' : 'at_least_once',
    transactionVersion: random.next() < 0.6 ? 2 : 1,
    workers,
    partitions: 1 + random.int(4),
    commitIntervalMs: between(random, 50, 800),
    transactionTimeoutMs: between(random, 2_000, 10_000),
    sessionTimeoutMs: between(random, 1_500, 6_000),
    requestTimeoutMs: between(random, 800, 4_000),
    cacheBytes: random.next() < 0.5 ? 0 : 1 << 20,
    posts,
    feedMs,
    feedAbortShare: random.next() < 0.3 ? 0.3 : undefined,
    graceMs: wideGraceMs,
    network: {
      latencyMs: between(random, 1, 8),
      slowShare: random.next() < 0.5 ? 0 : random.next() * 0.03,
      slowMs: between(random, 50, 4_000),
      lostReplyShare: random.next() < 0.5 ? 0 : random.next() * 0.03,
    },
    disk: { latencyMs: random.next() < 0.3 ? 0 : between(random, 1, 10), slowShare: random.next() * 0.05 },
    faults: drawFaults(streams.stream('faults'), workers, feedMs),
  };
}

function drawFaults(random: Random, workers: number, feedMs: number): Fault[] {
  const types = faultTypes.filter(() => random.next() < 0.5);
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
