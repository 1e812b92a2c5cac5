import { millraceError } from '@millrace/base';
import type { Serde } from './serde.ts';
import { readVarint, varint } from './varint.ts';

/** What a KTable.groupBy sends through its repartition topic: the old value to subtract, the new one to add. */
export interface Change<V> {
  readonly oldValue: V | null;
  readonly newValue: V | null;
}

/**
 * ChangedSerializer of Kafka Streams 3.5 and later. The flag is the last byte: `old || 00`, `new || 01`,
 * `varint length(new) || new || old || 02`; 03 to 05 carry `isLatest` before the flag and are read too.
 *
 * With `sendsBoth` false it writes what versions before 3.5 read (`upgrade.from`), and refuses a change that has both values: those go in two records.
 */
export function change<V>(inner: Serde<V>, sendsBoth = true): Serde<Change<V>> {
  const { open, prepare } = inner;
  const read = (topic: string, bytes: Buffer): V => inner.deserialize(topic, bytes);
  return {
    name: `change(${inner.name})`,
    serialize: (topic, { oldValue, newValue }) => {
      const added = newValue === null ? null : inner.serialize(topic, newValue);
      const removed = oldValue === null ? null : inner.serialize(topic, oldValue);
      if (added !== null && removed !== null && !sendsBoth)
        throw millraceError('MR_SERDE_UNSUITABLE', {
          serde: 'change',
          topic,
          value: 'a change with old and new value in one record, which versions before 3.5 cannot read',
        });
      if (added !== null && removed !== null)
        return Buffer.concat([varint(added.length), added, removed, Buffer.of(2)]);
      if (added === null && removed === null)
        throw millraceError('MR_SERDE_UNSUITABLE', {
          serde: 'change',
          topic,
          value: 'a change without old and new value',
        });
      return added === null
        ? Buffer.concat([removed as Uint8Array, Buffer.of(0)])
        : Buffer.concat([added, Buffer.of(1)]);
    },
    deserialize: (topic, bytes) => {
      const flag = bytes[bytes.length - 1] ?? 255;
      const body = bytes.subarray(0, bytes.length - (flag >= 3 ? 2 : 1));
      if (flag === 0 || flag === 3) return { oldValue: read(topic, body), newValue: null };
      if (flag === 1 || flag === 4) return { oldValue: null, newValue: read(topic, body) };
      if (flag !== 2 && flag !== 5)
        throw millraceError('MR_SERDE_UNREADABLE', { serde: 'change', topic, problem: `flag ${flag}` });
      const { value: length, end } = readVarint(body) ?? { value: -1, end: 0 };
      if (length < 0 || end + length > body.length)
        throw millraceError('MR_SERDE_UNREADABLE', {
          serde: 'change',
          topic,
          problem: `a new value of ${length} bytes`,
        });
      return {
        newValue: read(topic, body.subarray(end, end + length)),
        oldValue: read(topic, body.subarray(end + length)),
      };
    },
    ...(open === undefined ? {} : { open: (use) => open.call(inner, use) }),
    ...(prepare === undefined ? {} : { prepare: (topic, bytes) => prepare.call(inner, topic, bytes) }),
  };
}
