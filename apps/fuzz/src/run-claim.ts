/** Runs a case twice, under plain conditions and under drawn ones, and holds what came of it against the claim. */
import {
  compareContents,
  compareKeySequences,
  compareSequences,
  compareSets,
  compareValues,
  runUnder,
  withoutSequences,
  type Compare,
  type Condition,
  type GoldenCase,
  type Outcome,
  type RunEnd,
} from '@millrace/app-goldens';
import type { Change, Same } from './claims.ts';
import type { Draw } from './draw.ts';

/** Two ways to run a case. */
export interface Pair {
  readonly plain: Condition;
  readonly drawn: Condition;
}

const mebibyte = 1 << 20;
const plain: Condition = { shape: 'tasks', commitEvery: 1, uncached: true };
const cached: Condition = { shape: 'tasks', commitEvery: 1, cacheBytes: 10 * mebibyte };

/** Conditions of each change; `topics` is how many topics of users are read. */
export const pairs: Readonly<Record<Change, (draw: Draw, topics: number) => Pair>> = {
  cut: (draw) => ({ plain, drawn: { ...plain, ...cutsOf(draw), shape: draw.pick(['whole', 'tasks']) } }),
  restart: (draw, topics) => {
    const uncached = draw.chance(0.5);
    // Who reads several topics merges them anew after a crash, by time: only where each input is committed the order is the same.
    const commitEvery = uncached && topics === 1 ? draw.int(1, 4) : 1;
    const base: Condition = { ...(uncached ? plain : cached), commitEvery };
    const ends = draw.list(1, 4, () => draw.pick<RunEnd>(['stopped', 'killed', 'killedAndDiskLost']));
    return { plain: base, drawn: { ...base, ends, endEvery: draw.int(1, 4), ...memoryOf(draw) } };
  },
  cache: (draw) => ({ plain: cached, drawn: { ...cached, ...cutsOf(draw) } }),
  eviction: (draw) => ({ plain: cached, drawn: { ...cached, ...cutsOf(draw), cacheBytes: draw.pick([400, 2_000]) } }),
  partitions: (draw) => ({ plain, drawn: { ...plain, ...cutsOf(draw), partitions: draw.int(2, 4) } }),
};

function cutsOf(draw: Draw): Pick<Condition, 'commitEvery' | 'batchRecords' | 'limit' | 'residentBytes'> {
  const [commitEvery, batchRecords, limit] = [
    [0, 1, 2, 5, 11],
    [1, 3, 50],
    [1, 2, 50],
  ].map((from) => draw.pick(from));
  return { commitEvery: commitEvery ?? 1, batchRecords: batchRecords ?? 1, limit: limit ?? 1, ...memoryOf(draw) };
}

function memoryOf(draw: Draw): Pick<Condition, 'residentBytes'> {
  return draw.chance(0.5) ? {} : { residentBytes: draw.pick([0, 600]) };
}

const compares: Readonly<Record<Same, Compare>> = {
  sequences: compareSequences,
  keySequences: compareKeySequences,
  sets: compareSets,
  contents: compareContents,
  values: compareValues,
};

/** What differs though it must not. A run that fails is a difference too. */
export async function differences(golden: GoldenCase, same: Same, pair: Pair): Promise<string[]> {
  const wanted = await outcomeOf(golden, pair.plain);
  const found = await outcomeOf(golden, pair.drawn);
  if (typeof wanted === 'string') return [`the plain run fails: ${wanted}`];
  return typeof found === 'string' ? [`the run fails: ${found}`] : compares[same](found, wanted);
}

async function outcomeOf(golden: GoldenCase, condition: Condition): Promise<Outcome | string> {
  try {
    return withoutSequences(golden, await runUnder(golden, condition)).outcome;
  } catch (error) {
    return error instanceof Error ? String(error.stack) : String(error);
  }
}
