/** Holds two outcomes of one case against each other: record by record in each topic, or what each topic and store holds in the end. */
import { isDeepStrictEqual } from 'node:util';
import type { Buffer } from 'node:buffer';
import type { StoreEntry } from '@millrace/state';
import { changelogTopicName } from '@millrace/topology';
import type { StoreContents } from './compare-stores.ts';
import type { Outcome, Produced } from './run-case.ts';

/** What differs, in words. */
export type Compare = (found: Outcome, wanted: Outcome) => string[];

/** What differs between the topics, in words. */
export function compareSequences(found: Outcome, wanted: Outcome): string[] {
  const buffers = bufferTopics(wanted);
  const all = (outcome: Outcome): Lists =>
    byTopic(outcome, (records) => records.filter(({ topic }) => !buffers.has(topic)));
  return differing('records', all(found), all(wanted));
}

/** What differs between the last values of keys in topics, and between rows of stores. */
export function compareContents(found: Outcome, wanted: Outcome): string[] {
  const last = (outcome: Outcome): Lists =>
    listsOf(ofUsers(outcome), (records) => lastValues(records).map(placelessText));
  const latest = latestTimes([...found.stores, ...wanted.stores]);
  return [
    ...differing('last values', last(found), last(wanted)),
    ...differing('rows', liveRows(found, latest), liveRows(wanted, latest)),
  ];
}

/** What differs between the records of each key in the topics of users, wherever they lie. */
export function compareKeySequences(found: Outcome, wanted: Outcome): string[] {
  const byKey = (outcome: Outcome): Lists => {
    const lists = new Map<string, string[]>();
    for (const record of ofUsers(outcome)) {
      const name = `${record.topic}, key ${hexOf(record.key)}`;
      lists.set(name, [...(lists.get(name) ?? []), placelessText(record)]);
    }
    return lists;
  };
  return differing('records', byKey(found), byKey(wanted));
}

/** What differs between the topics of users when the order does not count. */
export function compareSets(found: Outcome, wanted: Outcome): string[] {
  const sets = (outcome: Outcome): Lists => listsOf(ofUsers(outcome), (records) => records.map(placelessText).sort());
  return differing('records', sets(found), sets(wanted));
}

/** What differs between the last values of keys in the topics of users, without their times; what is empty counts as nothing. */
export function compareValues(found: Outcome, wanted: Outcome): string[] {
  const values = (outcome: Outcome): Lists =>
    listsOf(ofUsers(outcome), (records) =>
      lastValues(records)
        .filter(({ value }) => value !== null && value.some((byte) => byte !== 0))
        .map(({ key, value }) => `${hexOf(key)} -> ${hexOf(value)}`),
    );
  return differing('last values', values(found), values(wanted));
}

function ofUsers({ produced, applicationId }: Outcome): readonly Produced[] {
  return produced.filter(({ topic }) => !topic.startsWith(`${applicationId}-`));
}

/** The changelog of a suppress buffer gets what has changed between two commits, whatever came and went. */
function bufferTopics({ program, applicationId }: Outcome): ReadonlySet<string> {
  const buffers = program?.topology.stores.filter(({ kind }) => kind === 'suppressBuffer') ?? [];
  return new Set(buffers.map(({ name }) => changelogTopicName(applicationId, name)));
}

type Lists = ReadonlyMap<string, readonly string[]>;

function byTopic(outcome: Outcome, choose: (records: readonly Produced[]) => readonly Produced[]): Lists {
  return listsOf(outcome.produced, (records) => choose(records).map(textOf));
}

function listsOf(produced: readonly Produced[], textsOf: (records: readonly Produced[]) => readonly string[]): Lists {
  const topics = new Map<string, Produced[]>();
  for (const record of produced) topics.set(record.topic, [...(topics.get(record.topic) ?? []), record]);
  return new Map([...topics].map(([topic, records]) => [topic, textsOf(records)]));
}

function lastValues(records: readonly Produced[]): readonly Produced[] {
  const last = new Map(records.map((record) => [hexOf(record.key), record]));
  return [...last.values()]
    .filter(({ value }) => value !== null)
    .sort((a, b) => (hexOf(a.key) < hexOf(b.key) ? -1 : 1));
}

/** A record cache shows windows that have expired below it: they count on neither side. */
function liveRows({ stores }: Outcome, latest: ReadonlyMap<string, number>): Lists {
  return new Map(
    stores.map(({ spec, entries }) => {
      const since = (latest.get(spec.name) ?? 0) - (spec.window?.retentionMs ?? Infinity);
      return [
        spec.name,
        entries
          .filter((entry) => timeOf(entry) > since)
          .map(rowText)
          .sort(),
      ];
    }),
  );
}

function latestTimes(stores: readonly StoreContents[]): ReadonlyMap<string, number> {
  const latest = new Map<string, number>();
  for (const { spec, entries } of stores)
    for (const entry of entries) latest.set(spec.name, Math.max(latest.get(spec.name) ?? 0, timeOf(entry)));
  return latest;
}

function timeOf({ key, timestamp }: StoreEntry): number {
  const { window } = (typeof key === 'object' && key !== null ? key : {}) as {
    window?: { start: number; end: number };
  };
  return window?.start ?? timestamp;
}

function differing(what: string, found: Lists, wanted: Lists): string[] {
  const names = [...new Set([...found.keys(), ...wanted.keys()])].sort();
  return names.flatMap((name) => {
    const [own, other] = [found.get(name) ?? [], wanted.get(name) ?? []];
    if (isDeepStrictEqual(own, other)) return [];
    const at = own.findIndex((text, i) => text !== other[i]);
    const first = at < 0 ? own.length : at;
    return [`${what} of ${name}, ${first}: ${own[first] ?? 'none'}\n      otherwise: ${other[first] ?? 'none'}`];
  });
}

function rowText({ key, value, timestamp }: StoreEntry): string {
  const plain = (_name: string, part: unknown): unknown => (typeof part === 'bigint' ? `${part}n` : part);
  return JSON.stringify([key, value, timestamp], plain);
}

function textOf(record: Produced): string {
  return `${placelessText(record)} in ${record.partition}`;
}

function placelessText({ key, value, timestamp, headers }: Produced): string {
  const given = headers.map((header) => `${header.key}=${headerText(header)}`).join(',');
  return `${hexOf(key)} -> ${hexOf(value)} @${timestamp}${given === '' ? '' : ` [${given}]`}`;
}

function headerText({ key, value }: Produced['headers'][number]): string {
  return key === '__streams.errors.stacktrace' ? '*' : hexOf(value as Buffer | null);
}

function hexOf(bytes: Buffer | null): string {
  return bytes === null ? 'null' : bytes.toString('hex');
}
