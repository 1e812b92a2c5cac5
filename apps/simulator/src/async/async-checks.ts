/** What the asynchronous steps must have made of the input as it lies in the log, folded by hand: each result once, in its order. */
import type { CommittedRecord } from '@millrace/testing';
import type { Violation } from '../checks.ts';
import type { Committed } from '../subject.ts';
import { bucketOf, copiesOf, type outputTopics } from './async-program.ts';
import { isHopeless } from './service.ts';

type Output = (typeof outputTopics)[number];

/** A text, and the values that belong to it in their order. */
type Series = readonly [name: string, values: readonly string[]];
type Entry = readonly [key: string, value: string];

/** `everyUpdate`: no cache has held updates back. */
export function asyncViolations(committed: Committed, everyUpdate: boolean): Violation[] {
  const answered = committed('asked').map(answeredOf);
  const found = (topic: Output): Entry[][] => committed(topic).map((records) => records.map(entryOf));
  const answers = answered.flat().map(([key, value]): Entry => [key, `${value}!`]);
  const copies = answered.map((numbered) => numbered.flatMap(copied));
  const totalled = committed('totals').flat().map(countOf);
  return [
    ...differing('answers', byKey(found('answers').flat()), byKey(answers)),
    // The step keeps the order of its input, across keys.
    ...differing('copies', found('copies').map(partition), copies.map(partition)),
    ...folded('journals', byKey(found('journals').flat()), byKey(journals(answers)), everyUpdate),
    ...folded('totals', byKey(totalled), byKey(totals(copies.flat())), everyUpdate),
  ];
}

/** The records of a partition with their numbers in their keys; without those whose question has no answer, which are numbered too. */
function answeredOf(records: readonly CommittedRecord[]): Entry[] {
  const numbers = new Map<string, number>();
  const numbered = records.map(entryOf).map(([key, value]): Entry => {
    const number = (numbers.get(key) ?? 0) + 1;
    numbers.set(key, number);
    return [key, `${value}#${number}`];
  });
  return numbered.filter(([, value]) => !isHopeless(value));
}

function copied([key, value]: Entry): Entry[] {
  return Array.from({ length: copiesOf(value) }, (_, copy) => [key, `${value}!${copy}`]);
}

/** Each journal as it grows. */
function journals(answers: readonly Entry[]): Entry[] {
  const journal = new Map<string, string>();
  return answers.map(([key, value]) => {
    const next = (journal.get(key) ?? '') + value;
    journal.set(key, next);
    return [key, next];
  });
}

function totals(copies: readonly Entry[]): Entry[] {
  const total = new Map<string, number>();
  return copies.map(([, copy]) => {
    const bucket = bucketOf(copy);
    const next = (total.get(bucket) ?? 0) + 1;
    total.set(bucket, next);
    return [bucket, String(next)];
  });
}

/** Every update once and in order; what passed through a cache may leave out any of them but the last. */
function folded(topic: Output, found: readonly Series[], wanted: readonly Series[], everyUpdate: boolean): Violation[] {
  if (everyUpdate) return differing(topic, found, wanted);
  const updates = new Map(wanted);
  const strays = found.filter(([key, values]) => !isSubsequence(values, updates.get(key) ?? []));
  return [
    ...differing(topic, found.map(lastOnly), wanted.map(lastOnly)),
    ...strays.map(([key, values]) => ({ check: `async ${topic}`, text: `${key} became ${values.join(', then ')}` })),
  ];
}

const lastOnly = ([key, values]: Series): Series => [key, values.slice(-1)];

function isSubsequence(values: readonly string[], of: readonly string[]): boolean {
  let at = 0;
  return values.every((value) => {
    at = of.indexOf(value, at) + 1;
    return at > 0;
  });
}

/** The values of each key. */
function byKey(entries: readonly Entry[]): Series[] {
  const values = new Map<string, string[]>();
  for (const [key, value] of entries) values.set(key, [...(values.get(key) ?? []), value]);
  return [...values];
}

function partition(entries: readonly Entry[], partition: number): Series {
  return [`partition ${partition}`, entries.map(([key, value]) => `${key}=${value}`)];
}

/** The first difference of each series. */
function differing(topic: Output, found: readonly Series[], wanted: readonly Series[]): Violation[] {
  const [own, other] = [new Map(found), new Map(wanted)];
  return [...new Set([...own.keys(), ...other.keys()])].flatMap((name) => {
    const [values, due] = [own.get(name) ?? [], other.get(name) ?? []];
    const longest = Math.max(values.length, due.length);
    const at = Array.from({ length: longest }, (_, i) => i).find((i) => values[i] !== due[i]);
    if (at === undefined) return [];
    const text = `${name}: ${values.length} of ${due.length}; ${at} is ${values[at]}, expected ${due[at]}`;
    return [{ check: `async ${topic}`, text }];
  });
}

function entryOf({ key, value }: CommittedRecord): Entry {
  return [String(key), String(value)];
}

function countOf({ key, value }: CommittedRecord): Entry {
  return [String(key), String(value?.readBigInt64BE())];
}
