/** What the operators must have made of their input, each folded by hand, and what they have made of it. */
import type { CommittedRecord } from '@millrace/testing';
import { isDeepStrictEqual } from 'node:util';
import type { Violation } from '../checks.ts';
import type { Fed } from '../subject.ts';
import { spans, type outputTopics } from './operators-program.ts';

type Output = (typeof outputTopics)[number];
type Committed = (topic: Output) => readonly CommittedRecord[];

/** Each result exactly once, none too many. */
export function operatorViolations(fed: readonly Fed[], committed: Committed): Violation[] {
  const left = fed.filter(({ topic }) => topic === 'left');
  const right = fed.filter(({ topic }) => topic === 'right');
  return [
    ...differing('pairs', committed('pairs').map(pairOf), pairs(left, right)),
    ...differing('sessions', lastSessions(committed('sessions')), sessions(left)),
    ...differing('finals', committed('finals').map(finalOf), finals(left)),
    ...differing('numbered', committed('numbered').map(pairOf), numbered(left)),
  ];
}

function pairs(left: readonly Fed[], right: readonly Fed[]): string[] {
  return left.flatMap((a) =>
    right
      .filter((b) => b.key === a.key && Math.abs(b.timestamp - a.timestamp) <= spans.joinMs)
      .map((b) => `${a.key}: ${a.value}+${b.value}`),
  );
}

function sessions(left: readonly Fed[]): string[] {
  const open = new Map<string, { start: number; end: number; count: number }>();
  const done: string[] = [];
  for (const { key, timestamp } of left) {
    const session = open.get(key);
    if (session !== undefined && timestamp - session.end <= spans.gapMs) {
      open.set(key, { ...session, end: timestamp, count: session.count + 1 });
      continue;
    }
    if (session !== undefined) done.push(`${key}@${session.start}-${session.end}: ${session.count}`);
    open.set(key, { start: timestamp, end: timestamp, count: 1 });
  }
  return [...done, ...[...open].map(([key, { start, end, count }]) => `${key}@${start}-${end}: ${count}`)];
}

/** Windows that the last record of every partition has closed. */
function finals(left: readonly Fed[]): string[] {
  const counts = new Map<string, number>();
  const last = left.at(-1)?.timestamp ?? 0;
  for (const { key, timestamp } of left) {
    const start = timestamp - (timestamp % spans.windowMs);
    if (start + spans.windowMs + spans.graceMs > last) continue;
    counts.set(`${key}@${start}`, (counts.get(`${key}@${start}`) ?? 0) + 1);
  }
  return [...counts].map(([window, count]) => `${window}: ${count}`);
}

function numbered(left: readonly Fed[]): string[] {
  const numbers = new Map<string, number>();
  return left.map(({ key, value }) => {
    const number = (numbers.get(key) ?? 0) + 1;
    numbers.set(key, number);
    return `${key}: ${value}#${number}`;
  });
}

function pairOf({ key, value }: CommittedRecord): string {
  return `${key?.toString()}: ${value?.toString()}`;
}

/** `key || i64 start`. */
function finalOf({ key, value }: CommittedRecord): string {
  const at = (key?.length ?? 8) - 8;
  return `${key?.toString('utf8', 0, at)}@${key?.readBigInt64BE(at)}: ${value?.readBigInt64BE()}`;
}

/** `key || i64 end || i64 start`; sessions that were merged into others are deleted. */
function lastSessions(records: readonly CommittedRecord[]): string[] {
  const last = new Map<string, string | undefined>();
  for (const { key, value } of records) {
    const at = (key?.length ?? 16) - 16;
    const name = `${key?.toString('utf8', 0, at)}@${key?.readBigInt64BE(at + 8)}-${key?.readBigInt64BE(at)}`;
    last.set(name, value === null ? undefined : String(value.readBigInt64BE()));
  }
  return [...last].flatMap(([name, count]) => (count === undefined ? [] : [`${name}: ${count}`]));
}

function differing(what: Output, found: readonly string[], wanted: readonly string[]): Violation[] {
  const [own, other] = [[...found].sort(), [...wanted].sort()];
  if (isDeepStrictEqual(own, other)) return [];
  const at = own.findIndex((text, i) => text !== other[i]);
  const first = at < 0 ? own.length : at;
  const text = `${own.length} results, ${other.length} expected; ${first}: got ${own[first]}, expected ${other[first]}`;
  return [{ check: `operators ${what}`, text }];
}
