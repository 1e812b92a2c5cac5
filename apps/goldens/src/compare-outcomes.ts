/** Holds two outcomes of one case against each other: record by record in each topic, or what each topic and store holds in the end. */
import { isDeepStrictEqual } from 'node:util';
import type { Buffer } from 'node:buffer';
import type { StoreEntry } from '@millrace/state';
import { changelogTopicName } from '@millrace/topology';
import type { StoreContents } from './compare-stores.ts';
import type { Outcome, Produced } from './run-case.ts';

/** What differs between the topics, in words. */
export function compareSequences(found: Outcome, wanted: Outcome): string[] {
  const buffers = bufferTopics(wanted);
  const all = (outcome: Outcome): Lists =>
    byTopic(outcome, (records) => records.filter(({ topic }) => !buffers.has(topic)));
  return differing('records', all(found), all(wanted));
}

/** What differs between the last values of keys in topics, and between rows of stores. */
export function compareContents(found: Outcome, wanted: Outcome): string[] {
  const own = ({ topic }: Produced): boolean => !topic.startsWith(`${wanted.applicationId}-`);
  const last = (outcome: Outcome): Lists => byTopic(outcome, (records) => lastValues(records.filter(own)));
  const latest = latestTimes([...found.stores, ...wanted.stores]);
  return [
    ...differing('last values', last(found), last(wanted)),
    ...differing('rows', liveRows(found, latest), liveRows(wanted, latest)),
  ];
}

/** The changelog of a suppress buffer gets what has changed between two commits, whatever came and went. */
function bufferTopics({ program, applicationId }: Outcome): ReadonlySet<string> {
  const buffers = program?.topology.stores.filter(({ kind }) => kind === 'suppressBuffer') ?? [];
  return new Set(buffers.map(({ name }) => changelogTopicName(applicationId, name)));
}

type Lists = ReadonlyMap<string, readonly string[]>;

function byTopic({ produced }: Outcome, choose: (records: readonly Produced[]) => readonly Produced[]): Lists {
  const topics = new Map<string, Produced[]>();
  for (const record of produced) topics.set(record.topic, [...(topics.get(record.topic) ?? []), record]);
  return new Map([...topics].map(([topic, records]) => [topic, choose(records).map(textOf)]));
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

function textOf({ key, value, timestamp, partition, headers }: Produced): string {
  const given = headers.map((header) => `${header.key}=${headerText(header)}`).join(',');
  return `${hexOf(key)} -> ${hexOf(value)} @${timestamp} in ${partition}${given === '' ? '' : ` [${given}]`}`;
}

function headerText({ key, value }: Produced['headers'][number]): string {
  return key === '__streams.errors.stacktrace' ? '*' : hexOf(value as Buffer | null);
}

function hexOf(bytes: Buffer | null): string {
  return bytes === null ? 'null' : bytes.toString('hex');
}
