/**
 * What must hold when a run has come to rest. Exactly once: every result equals the batch fold of the committed input, nobody ever
 * saw a count repeat or go back, changelogs hold what the results say. At least once: nothing is missing.
 */
import type { MentionFold } from '@millrace/app-demo';
import { type Mentions, type Ranked } from '@millrace/app-demo';
import type { CommittedRecord } from '@millrace/testing';
import type { Plan } from './plan.ts';
import { count, countTopics, stores, trending, trendingTopic, windowStoreCount, type Result } from './results.ts';

import { storeFault, type StoredTask } from './stored-state.ts';

/** A check that does not hold, with what was expected and what came. */
export interface Violation {
  readonly check: string;
  readonly text: string;
}

/** What a run left behind. */
export interface Aftermath {
  readonly plan: Plan;
  readonly expected: MentionFold;
  /** The committed records of a topic, partition by partition, by an independent reading of the log. */
  committed(topic: string): readonly (readonly CommittedRecord[])[];
  /** The offsets that a read_committed consumer got while it all happened: topic-partition -> offsets. */
  readonly observed: ReadonlyMap<string, readonly number[]>;
  /** What is on the disks of the workers. */
  readonly storedTasks: readonly StoredTask[];
  readonly changelogTopic: (store: string) => string;
}

/** All violations, the gravest first. */
export function violations(aftermath: Aftermath): Violation[] {
  const exact = aftermath.plan.guarantee === 'exactly_once_v2';
  return [
    ...results(aftermath, exact),
    ...(exact ? [...steps(aftermath), ...changelogs(aftermath)] : []),
    ...observation(aftermath),
    ...storedState(aftermath),
  ];
}

/** The last value of every key against the fold. */
function* results(aftermath: Aftermath, exact: boolean): Generator<Violation> {
  const expected = expectedCounts(aftermath.expected);
  for (const { topic, windowed } of countTopics) {
    const actual = lastValues(
      aftermath
        .committed(topic)
        .flat()
        .map((record) => count(record, windowed)),
    );
    const wrong = difference(expected[topic], actual, exact ? isSame : isAtLeast(aftermath.plan));
    if (wrong !== undefined) yield { check: `result ${topic}`, text: wrong };
  }
  if (!exact) return;
  const actual = lastValues(aftermath.committed(trendingTopic).flat().map(trending));
  const wrong = difference(expectedTrending(aftermath.expected), actual, isSame);
  if (wrong !== undefined) yield { check: `result ${trendingTopic}`, text: wrong };
}

/** At least once reads uncommitted, as Kafka Streams does: what the feeder aborted may have been counted too. */
function isAtLeast({ feedAbortShare }: Plan): Matches<number> {
  return (least, value) => (least === undefined ? feedAbortShare !== undefined : value !== undefined && value >= least);
}

/** Counts of a key only rise; without a record cache by exactly one. A repeated or lower value was counted twice or lost. */
function* steps({ committed, plan }: Aftermath): Generator<Violation> {
  for (const { topic, windowed } of countTopics) {
    const last = new Map<string, number>();
    for (const record of committed(topic).flat()) {
      const { key, value } = count(record, windowed);
      const before = last.get(key) ?? 0;
      last.set(key, value);
      if (value > before && (plan.cacheBytes > 0 || value === before + 1)) continue;
      yield { check: `steps ${topic}`, text: `${key} goes from ${before} to ${value} at offset ${record.offset}` };
      return;
    }
  }
}

/** The stores, as their changelogs would restore them. */
function* changelogs({ committed, changelogTopic, expected }: Aftermath): Generator<Violation> {
  const counts = expectedCounts(expected);
  for (const { topic, store, windowed } of countTopics) {
    const records = committed(changelogTopic(store)).flat();
    const actual = lastValues(records.map((record) => (windowed ? windowStoreCount(record) : count(record, false))));
    const wrong = difference(counts[topic], actual, isSame);
    if (wrong !== undefined) yield { check: `changelog ${store}`, text: wrong };
  }
}

/** The consumer that read along saw exactly the committed records, in order. */
function* observation({ committed, observed }: Aftermath): Generator<Violation> {
  for (const topic of [...countTopics.map((each) => each.topic), trendingTopic]) {
    for (const [partition, records] of committed(topic).entries()) {
      const expected = records.map(({ offset }) => offset).join(' ');
      const actual = (observed.get(`${topic}-${partition}`) ?? []).join(' ');
      if (actual !== expected)
        yield { check: `observed ${topic}-${partition}`, text: `committed offsets ${expected}; read ${actual}` };
    }
  }
}

/** What lies on any disk, however old, is what the changelog held there. Compaction forgets what that was. */
function* storedState({ plan, storedTasks, committed, changelogTopic }: Aftermath): Generator<Violation> {
  if (plan.cleanupIntervalMs > 0) return;
  for (const { store, ...layout } of stores) {
    const changelog = changelogTopic(store);
    const partitions = committed(changelog);
    for (const task of storedTasks.filter(({ subtopology }) => subtopology === layout.subtopology)) {
      const text = storeFault(task, { ...layout, changelog }, partitions[task.partition] ?? []);
      if (text !== undefined) yield { check: `store ${store}-${task.partition} of worker-${task.disk}`, text };
    }
  }
}

type Counts = Record<(typeof countTopics)[number]['topic'], Map<string, number>>;

function expectedCounts(fold: MentionFold): Counts {
  return {
    'hashtag-mentions-10m': byWindow(fold.windows),
    'hashtag-mentions-day': byWindow(fold.days),
    'hashtag-mentions-all': new Map(fold.all),
  };
}

function byWindow(windows: ReadonlyMap<number, Mentions>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [start, mentions] of windows) for (const [hashtag, n] of mentions) counts.set(`${hashtag}@${start}`, n);
  return counts;
}

function expectedTrending(fold: MentionFold): Map<string, readonly Ranked[]> {
  return new Map([...fold.windows.keys()].map((start) => [String(start), fold.top(start)]));
}

function lastValues<V>(results: readonly Result<V>[]): Map<string, V> {
  return new Map(results.map(({ key, value }) => [key, value]));
}

type Matches<V> = (expected: V | undefined, actual: V | undefined) => boolean;

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The first few keys whose values do not match, or undefined. */
function difference<V>(
  expected: ReadonlyMap<string, V>,
  actual: ReadonlyMap<string, V>,
  matches: Matches<V>,
): string | undefined {
  const keys = new Set([...expected.keys(), ...actual.keys()]);
  const wrong = [...keys].filter((key) => !matches(expected.get(key), actual.get(key)));
  if (wrong.length === 0) return undefined;
  const shown = wrong
    .slice(0, 3)
    .map((key) => `${key}: expected ${show(expected.get(key))}, got ${show(actual.get(key))}`);
  return `${wrong.length} of ${keys.size} keys are wrong; ${shown.join('; ')}`;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}
