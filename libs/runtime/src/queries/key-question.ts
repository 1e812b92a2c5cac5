/**
 * What somebody asks about a key with a key in JSON, with curl for instance. Any instance answers, and asks the one that has the key; the serdes are
 * the topology's.
 *
 *   {"version":1,"store":"counts","key":"kafka"}
 *   {"key":"kafka","value":5,"timestamp":1700000000000}
 *   {"end":true}
 *
 * Windows, sessions and versions take `from` and `to` (ms). `partition` names the partition of a key that was partitioned otherwise than by its
 * hash; `stale` and `maxLag` allow copies. Bytes are base64, a bigint is a text.
 */
import { millraceError } from '@millrace/base';
import type { StoreSpec } from '@millrace/topology';
import type { InteractiveQueries, RemoteStoreOptions } from './interactive-queries.ts';
import { QueryableStoreTypes } from './queryable-store-types.ts';
import { answerLines } from './query-wire.ts';
import { always } from './window-queries.ts';

interface KeyQuestion {
  readonly store: string;
  readonly key: unknown;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly options: RemoteStoreOptions;
}

type Answers = AsyncGenerator<Readonly<Record<string, unknown>>, void, undefined>;

/** The lines of an answer; undefined when the request is of another kind. */
export function answerOfKey(queries: InteractiveQueries, request: Buffer): AsyncGenerator<Buffer> | undefined {
  const given = objectOf(request);
  if (given === undefined || !('key' in given)) return undefined;
  return answerLines(async function* () {
    const question = questionOf(given);
    for await (const found of answers(queries, question)) yield { key: question.key, ...found };
  });
}

async function* answers(queries: InteractiveQueries, question: KeyQuestion): Answers {
  const { spec } = queries.entry(question.store);
  if (spec.kind === 'versioned') yield* versions(queries, question);
  else if (spec.kind === 'session') yield* sessions(queries, question);
  else if (spec.kind === 'keyValue') yield* row(queries, question, spec);
  else yield* windows(queries, question);
}

async function* row(queries: InteractiveQueries, { store, key, options }: KeyQuestion, spec: StoreSpec): Answers {
  if (spec.timestamped === false) {
    const value = await queries.remoteStore(store, QueryableStoreTypes.keyValue(), options).get(key);
    if (value !== null) yield { value: printable(value) };
    return;
  }
  const found = await queries.remoteStore(store, QueryableStoreTypes.timestampedKeyValue(), options).get(key);
  if (found !== null) yield { value: printable(found.value), timestamp: found.timestamp };
}

async function* windows(queries: InteractiveQueries, question: KeyQuestion): Answers {
  const { store, key, from = 0, to = always, options } = question;
  const rows = queries.remoteStore(store, QueryableStoreTypes.window(), options).fetch(key, from, to);
  for await (const [start, value] of rows) yield { start, value: printable(value) };
}

async function* sessions(queries: InteractiveQueries, question: KeyQuestion): Answers {
  const { store, key, from = 0, to = always, options } = question;
  const rows = queries.remoteStore(store, QueryableStoreTypes.session(), options).findSessions(key, from, to);
  for await (const [{ window }, value] of rows) yield { ...window, value: printable(value) };
}

/** Without times the latest version. */
async function* versions(queries: InteractiveQueries, { store, key, from, to, options }: KeyQuestion): Answers {
  const view = queries.remoteStore(store, QueryableStoreTypes.versioned(), options);
  if (from === undefined && to === undefined) {
    const found = await view.get(key);
    if (found !== null) yield { ...found, value: printable(found.value) };
    return;
  }
  const range = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  for await (const found of view.versions(key, range)) yield { ...found, value: printable(found.value) };
}

function questionOf(given: Readonly<Record<string, unknown>>): KeyQuestion {
  const { version, store, key, partition, from, to, stale = false, maxLag } = given;
  const isNumber = (one: unknown): boolean => one === undefined || Number.isSafeInteger(one);
  const isQuestion =
    version === 1 &&
    typeof store === 'string' &&
    typeof stale === 'boolean' &&
    [partition, from, to, maxLag].every((one) => isNumber(one));
  if (!isQuestion) throw millraceError('MR_QUERY_REQUEST', { problem: 'it lacks something, or is of another version' });
  return {
    store,
    key,
    from: from as number | undefined,
    to: to as number | undefined,
    options: {
      enableStaleStores: stale,
      ...(partition === undefined ? {} : { partition: partition as number }),
      ...(maxLag === undefined ? {} : { maxLag: maxLag as number }),
    },
  };
}

function objectOf(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const given: unknown = JSON.parse(bytes.toString());
    return typeof given === 'object' && given !== null ? (given as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function printable(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}
