import { describe, expect, test } from '@jest/globals';
import { MentionFold } from '@millrace/app-demo';
import type { CommittedRecord } from '@millrace/testing';
import { violations, type Aftermath } from './checks.ts';
import { drawPlan, type Plan } from './plan.ts';

const minute = 60_000;
const day = 86_400_000;
const start = 1_424_131_200_000;
type Log = Map<string, CommittedRecord[]>;
type Rows = Map<string, string>;

const mentions: readonly [tag: string, time: number][] = [
  ['a', start],
  ['b', start + 1],
  ['a', start + 11 * minute],
  ['a', start + 2],
  ['b', start + day],
];

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

function zigzag(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value * 2;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

function trendingBytes(windowStart: number, entries: readonly { hashtag: string; mentions: number }[]): Buffer {
  const text = entries.flatMap(({ hashtag, mentions: n }) => [zigzag(hashtag.length), Buffer.from(hashtag), zigzag(n)]);
  return Buffer.concat([Buffer.from([0, 0, 0, 0, 1]), zigzag(windowStart), zigzag(entries.length), ...text, zigzag(0)]);
}

/** What a faultless run without record cache leaves behind, in one partition. */
function faultless(): { log: Log; fold: MentionFold } {
  const log: Log = new Map();
  const fold = new MentionFold();
  const put = (topic: string, key: Buffer, value: Buffer, timestamp: number): void => {
    const records = log.get(topic) ?? [];
    // Every second offset: markers of transactions stand between the records.
    log.set(topic, [...records, { offset: 2 * records.length, timestamp, key, value }]);
  };
  for (const [tag, time] of mentions) {
    fold.addMention(tag, time);
    for (const [name, size, counts] of [
      ['10m', 10 * minute, fold.windows],
      ['day', day, fold.days],
    ] as const) {
      const window = time - (time % size);
      const value = long(counts.get(window)!.get(tag)!);
      put(`hashtag-mentions-${name}`, Buffer.concat([Buffer.from(tag), long(window)]), value, time);
      put(
        `app-mentions-${name}-changelog`,
        Buffer.concat([Buffer.from(tag), long(window), Buffer.alloc(4)]),
        value,
        time,
      );
    }
    put('hashtag-mentions-all', Buffer.from(tag), long(fold.all.get(tag)!), time);
    put('app-mentions-all-changelog', Buffer.from(tag), long(fold.all.get(tag)!), time);
    const window = time - (time % (10 * minute));
    put('trending-hashtags', long(window), trendingBytes(window, fold.top(window)), time);
  }
  return { log, fold };
}

/** What the task of the counts has on its disk: of two stores, all that their changelogs hold. */
function storedRows(log: Log): Rows {
  const rows: Rows = new Map();
  const put = (store: number, key: Buffer, value: Buffer): void => {
    rows.set(Buffer.concat([Buffer.from([0, store]), key]).toString('hex'), value.toString('hex'));
  };
  for (const [store, topic] of [
    [1, 'app-mentions-10m-changelog'],
    [3, 'app-mentions-all-changelog'],
  ] as const) {
    const records = log.get(topic)!;
    put(0, Buffer.from(`changelog${topic}`), long(records.at(-1)!.offset + 1));
    for (const { key, value, timestamp } of records) {
      const own = store === 1 ? Buffer.concat([key!.subarray(-12, -4), key!.subarray(0, -12)]) : key!;
      put(store, own, Buffer.concat([long(timestamp), value!]));
    }
  }
  return rows;
}

function aftermath(doctor: (log: Log, rows: Rows) => void, plan: Partial<Plan> = {}): Aftermath {
  const { log, fold } = faultless();
  const observed = new Map([...log].map(([topic, records]) => [`${topic}-0`, records.map(({ offset }) => offset)]));
  const rows = storedRows(log);
  doctor(log, rows);
  return {
    plan: { ...drawPlan(1), guarantee: 'exactly_once_v2', cacheBytes: 0, cleanupIntervalMs: 0, ...plan },
    expected: fold,
    committed: (topic) => [log.get(topic) ?? []],
    observed,
    storedTasks: [{ disk: 0, subtopology: 1, partition: 0, rows }],
    changelogTopic: (store) => `app-${store}-changelog`,
  };
}

const checksOf = (found: ReturnType<typeof violations>): string[] => found.map(({ check }) => check);

const doctored: readonly [name: string, check: string, doctor: (log: Log, rows: Rows) => void][] = [
  ['a lost last record', 'result hashtag-mentions-all', (log) => log.get('hashtag-mentions-all')!.pop()],
  ['a lost record in the middle', 'steps hashtag-mentions-10m', (log) => log.get('hashtag-mentions-10m')!.splice(0, 1)],
  ['a repeated record', 'steps hashtag-mentions-day', (log) => repeat(log.get('hashtag-mentions-day')!, 0)],
  [
    'swapped records',
    'steps hashtag-mentions-all',
    (log) => log.get('hashtag-mentions-all')!.splice(0, 3, ...swapped(log)),
  ],
  ['a count too high at the end', 'result hashtag-mentions-all', (log) => bump(log.get('hashtag-mentions-all')!, 1)],
  ['a count too low at the end', 'result hashtag-mentions-10m', (log) => bump(log.get('hashtag-mentions-10m')!, -1)],
  ['a stale value at the end', 'result hashtag-mentions-all', (log) => repeat(log.get('hashtag-mentions-all')!, 0)],
  ['a key that nobody mentioned', 'result hashtag-mentions-all', (log) => rename(log.get('hashtag-mentions-all')!)],
  ['a wrong window', 'result hashtag-mentions-10m', (log) => moveWindow(log.get('hashtag-mentions-10m')!)],
  ['a changelog that is behind', 'changelog mentions-10m', (log) => log.get('app-mentions-10m-changelog')!.pop()],
  ['a changelog that is ahead', 'changelog mentions-all', (log) => bump(log.get('app-mentions-all-changelog')!, 1)],
  ['a ranking that is behind', 'result trending-hashtags', (log) => log.get('trending-hashtags')!.pop()],
  [
    'a read record that was not committed',
    'observed hashtag-mentions-day-0',
    (log) => log.get('hashtag-mentions-day')!.shift(),
  ],
  ['a stored row that is gone', 'store mentions-all-0 of worker-0', (_log, rows) => rows.delete(rowOf('a'))],
  ['a stored row that nobody wrote', 'store mentions-all-0 of worker-0', (_log, rows) => rows.set(rowOf('x'), '00')],
  [
    'a stored row that is behind its position',
    'store mentions-all-0 of worker-0',
    (_log, rows) => rows.set(rowOf('a'), `${long(start).toString('hex')}${long(1).toString('hex')}`),
  ],
  [
    'a stored position that is ahead',
    'store mentions-10m-0 of worker-0',
    (log) => log.get('app-mentions-10m-changelog')!.splice(1, 1),
  ],
];

function rowOf(hashtag: string): string {
  return Buffer.from(`\0\x03${hashtag}`).toString('hex');
}

function repeat(records: CommittedRecord[], index: number): void {
  records.push({ ...records[index]!, offset: records.at(-1)!.offset + 2 });
}

function bump(records: CommittedRecord[], by: number): void {
  const last = records.pop()!;
  records.push({ ...last, value: long(Number(last.value!.readBigInt64BE()) + by) });
}

function swapped(log: Log): CommittedRecord[] {
  const [first, second, third] = log.get('hashtag-mentions-all')!;
  return [third!, second!, first!];
}

function rename(records: CommittedRecord[]): void {
  records.push({ ...records[0]!, key: Buffer.from('nobody') });
}

function moveWindow(records: CommittedRecord[]): void {
  const last = records.pop()!;
  records.push({ ...last, key: Buffer.concat([Buffer.from('b'), long(0)]) });
}

describe('violations', () => {
  test('finds nothing in the results of a faultless run', () => {
    expect(violations(aftermath(() => undefined))).toEqual([]);
    expect(violations(aftermath(() => undefined, { cacheBytes: 1_024 }))).toEqual([]);
  });

  test.each(doctored)('finds %s', (_name, check, doctor) => {
    expect(checksOf(violations(aftermath(doctor)))).toContain(check);
  });

  test('lets a cached store skip counts, but not repeat them', () => {
    const skipped = aftermath((log) => log.get('hashtag-mentions-all')!.splice(0, 1), { cacheBytes: 1_024 });
    expect(checksOf(violations(skipped))).not.toContain('steps hashtag-mentions-all');
    const repeated = aftermath((log) => repeat(log.get('hashtag-mentions-all')!, 2), { cacheBytes: 1_024 });
    expect(checksOf(violations(repeated))).toContain('steps hashtag-mentions-all');
  });

  test('lets at-least-once count too much, but not too little', () => {
    const plan = { guarantee: 'at_least_once' } as const;
    const high = aftermath((log) => bump(log.get('hashtag-mentions-all')!, 1), plan);
    expect(checksOf(violations(high))).not.toContain('result hashtag-mentions-all');
    const low = aftermath((log) => bump(log.get('hashtag-mentions-all')!, -1), plan);
    expect(checksOf(violations(low))).toContain('result hashtag-mentions-all');
  });
});
