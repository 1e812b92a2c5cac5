/** Built-in processors of the case language that read and write stores. */
import { Buffer } from 'node:buffer';
import { text } from './case-functions.ts';
import type {
  KeyValueStore,
  SessionStore,
  StoredPair,
  TimestampedKeyValueStore,
  VersionedKeyValueStore,
  WindowStore,
} from '@millrace/topology';
import type { AnyContext, AnyProcessor, AnyRecord, Args } from './case-processor.ts';

/** A processor that is a function of each record and a store. */
function over<S>({ store }: Args, step: (record: AnyRecord, store: S, context: AnyContext) => void): AnyProcessor {
  let context: AnyContext;
  return {
    init: (given) => void (context = given),
    process: (record) => step(record, context.getStateStore<S>(text(store)), context),
  };
}

type KeyValues = KeyValueStore<unknown, unknown>;
type Timestamped = TimestampedKeyValueStore<unknown, unknown>;

export const storeProcessors: Readonly<Record<string, (args: Args) => AnyProcessor>> = {
  dedupTtl: (args) =>
    over<KeyValueStore<unknown, number>>(args, (record, store, context) => {
      const before = store.get(record.key);
      if (before !== null && record.timestamp - before < Number(args['ttlMs'] ?? 10)) return;
      store.put(record.key, record.timestamp);
      context.forward(record);
    }),
  windowWriter: (args) =>
    over<WindowStore<unknown, unknown>>(args, (record, store, context) => {
      const { key, value, timestamp } = record;
      if (key === null) return;
      store.put(key, value, timestamp);
      const from = Math.max(0, timestamp - Number(args['lookbackMs'] ?? 10));
      context.forward(record.withValue(listed(store.fetchRange(key, from, timestamp))));
    }),
  sessionWriter: (args) =>
    over<SessionStore<unknown, unknown>>(args, (record, store, context) => {
      const { key, value, timestamp } = record;
      if (key === null) return;
      const length = Number(args['lengthMs'] ?? 5);
      store.put({ key, window: { start: timestamp, end: timestamp + length } }, value);
      const found = store.findSessions(key, Math.max(0, timestamp - length), timestamp + length);
      context.forward(record.withValue(listed(found)));
    }),
  versionedWriter: (args) =>
    over<VersionedKeyValueStore<unknown, unknown>>(args, (record, store, context) => {
      const { key, value, timestamp } = record;
      if (key !== null) context.forward(record.withValue(versioned(store, key, value, timestamp)));
    }),
  timestampedWriter: (args) =>
    over<Timestamped>(args, (record, store, context) => {
      const { key, value, timestamp } = record;
      const before = store.get(key);
      store.put(key, value === null ? null : { value, timestamp });
      context.forward(record.withValue(before === null ? 'none' : `${text(before.value)}@${before.timestamp}`));
    }),
  tableLookup: (args) =>
    over<Timestamped>(args, (record, store, context) => {
      const found = record.key === null ? null : store.get(record.key);
      const told = found === null ? 'none' : `${text(found.value)}@${found.timestamp}`;
      context.forward(record.withValue(`${text(record.value)}|${told}`));
    }),
  range: (args) =>
    over<KeyValues>(args, (record, store, context) => {
      if (record.value === null) store.delete(record.key);
      else store.put(record.key, record.value);
      context.forward(record.withValue(listed(asked(store, args))));
    }),
  putIfAbsent: (args) =>
    over<KeyValues>(args, (record, store, context) => {
      context.forward(record.withValue(text(store.putIfAbsent(record.key, record.value))));
    }),
  globalPut: (args) =>
    over<KeyValues>(args, ({ key, value }, store) => {
      if (key !== null) store.put(key, value === null ? null : text(args['prefix'] ?? 'g:') + text(value));
    }),
};

function versioned(
  store: VersionedKeyValueStore<unknown, unknown>,
  key: unknown,
  value: unknown,
  timestamp: number,
): string {
  const asked = value === null ? '' : text(value);
  if (asked.startsWith('?')) {
    const found = store.get(key, Number(asked.slice(1)));
    // The library says in no single read when a version was replaced.
    return found === null ? 'none' : `${text(found.value)}@${found.timestamp}..open`;
  }
  if (asked.startsWith('!')) {
    const found = store.delete(key, Number(asked.slice(1)));
    return `deleted ${found === null ? 'none' : `${text(found.value)}@${found.timestamp}`}`;
  }
  return `validTo ${BigInt(store.put(key, value, timestamp))}`;
}

function asked(
  store: KeyValues,
  { from = null, to = null, reverse, prefix }: Args,
): Iterable<StoredPair<unknown, unknown>> {
  if (prefix !== undefined) return store.prefixScan(Buffer.from(text(prefix)));
  return text(reverse) === 'true' ? store.reverseRange(from, to) : store.range(from, to);
}

function listed(entries: Iterable<readonly [unknown, unknown]>): string {
  return [...entries].map(([key, value]) => `${text(key)}=${text(value)};`).join('');
}
