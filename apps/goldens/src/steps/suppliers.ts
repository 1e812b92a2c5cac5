/** `supplier` of a step as a part of the DSL's `Materialized`, or of a store declaration. */
import { Stores, type Materialized } from '@millrace/dsl';

type Given = Readonly<Record<string, unknown>>;

const suppliers: Readonly<Record<string, (name: string, given: Given) => Materialized<unknown, unknown>>> = {
  inMemoryKeyValue: (name) => Stores.inMemoryKeyValueStore(name),
  persistentKeyValue: (name) => Stores.persistentKeyValueStore(name),
  persistentTimestampedKeyValue: (name) => Stores.persistentTimestampedKeyValueStore(name),
  lru: (name, { maxEntries }) => Stores.lruMap(name, Number(maxEntries)),
  inMemoryWindow: (name, { retentionMs }) => Stores.inMemoryWindowStore(name, Number(retentionMs)),
  persistentWindow: (name, { retentionMs }) => Stores.persistentWindowStore(name, Number(retentionMs)),
  persistentTimestampedWindow: (name, { retentionMs }) =>
    Stores.persistentTimestampedWindowStore(name, Number(retentionMs)),
  inMemorySession: (name, { retentionMs }) => Stores.inMemorySessionStore(name, Number(retentionMs)),
  persistentSession: (name, { retentionMs }) => Stores.persistentSessionStore(name, Number(retentionMs)),
  versioned: (name, { historyMs, segmentMs }) =>
    Stores.persistentVersionedKeyValueStore(
      name,
      Number(historyMs),
      segmentMs === undefined ? undefined : Number(segmentMs),
    ),
};

export function supplied(supplier: Given): Materialized<unknown, unknown> {
  const { kind, name } = supplier;
  const made = suppliers[String(kind)]?.(String(name), supplier);
  if (made === undefined) throw new Error(`supplier of the kind ${String(kind)} is not known yet`);
  return made;
}
