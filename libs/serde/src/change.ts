import { millraceError } from '@millrace/base';
import type { Serde } from './serde.ts';

/** What a KTable.groupBy sends through its repartition topic: the old value to subtract, the new one to add. */
export interface Change<V> {
  readonly oldValue: V | null;
  readonly newValue: V | null;
}

/**
 * ChangedSerializer of Kafka Streams 3.5 and later. The flag is the last byte: `old || 00`, `new || 01`,
 * `varint length(new) || new || old || 02`; 03 to 05 carry `isLatest` before the flag and are read too.
 */
export function change<V>(inner: Serde<V>): Serde<Change<V>> {
  const { open, prepare } = inner;
  const read = (topic: string, bytes: Buffer): V => inner.deserialize(topic, bytes);
  return {
    name: `change(${inner.name})`,
    serialize: (topic, { oldValue, newValue }) => {
      const added = newValue === null ? null : inner.serialize(topic, newValue);
      const removed = oldValue === null ? null : inner.serialize(topic, oldValue);
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
      const { value: length, end } = readVarint(body);
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

/** Kafka's zig-zag varint. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = (value << 1) >>> 0;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

function readVarint(bytes: Buffer): { value: number; end: number } {
  let raw = 0;
  for (let i = 0; i < 5 && i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    raw |= (byte & 127) << (7 * i);
    if (byte < 128) return { value: (raw >>> 1) ^ -(raw & 1), end: i + 1 };
  }
  return { value: -1, end: 0 };
}
