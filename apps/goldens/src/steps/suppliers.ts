/** `supplier` of a step as a part of the DSL's `Materialized`. */
import { Stores, type Materialized } from '@millrace/dsl';

type Given = Readonly<Record<string, unknown>>;

export function supplied(supplier: Given): Materialized<unknown, unknown> {
  const { kind, name, historyMs, segmentMs } = supplier;
  if (kind !== 'versioned') throw new Error(`supplier of the kind ${String(kind)} is not known yet`);
  return Stores.persistentVersionedKeyValueStore(
    String(name),
    Number(historyMs),
    segmentMs === undefined ? undefined : Number(segmentMs),
  );
}
