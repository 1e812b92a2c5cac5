import { durationMs, millraceError, type Duration } from '@millrace/base';
import type { Serde } from './serde.ts';
import type { Windowed } from './windowed.ts';

/**
 * Keys of time windows as TimeWindowedSerializer writes them: `key || i64 start`. The size is not in the bytes: whoever reads them has to know it.
 * @example builder.stream('counts', { key: timeWindowed(Serdes.string(), '10m'), value: Serdes.long() })
 */
export function timeWindowed<K>(inner: Serde<K>, size: Duration): Serde<Windowed<K>> {
  // Unlimited windows are longer than any safe integer.
  const sizeMs = typeof size === 'number' && size > 0 ? size : durationMs(size);
  const { open, prepare } = inner;
  return {
    name: `time-windowed(${inner.name},${sizeMs})`,
    serialize: (topic, { key, window }) => windowedBytes(inner.serialize(topic, key), window.start),
    deserialize: (topic, bytes) => {
      if (bytes.length < 8)
        throw millraceError('MR_SERDE_SIZE', { serde: 'time-windowed', topic, expected: 8, actual: bytes.length });
      const at = bytes.length - 8;
      const start = bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
      return { key: inner.deserialize(topic, bytes.subarray(0, at)), window: { start, end: start + sizeMs } };
    },
    partitionBytes: (topic, { key }) => inner.serialize(topic, key),
    ...(open === undefined ? {} : { open: (use) => open.call(inner, use) }),
    ...(prepare === undefined
      ? {}
      : { prepare: (topic, bytes) => prepare.call(inner, topic, bytes.subarray(0, Math.max(0, bytes.length - 8))) }),
  };
}

/** `key || i64 start` */
export function windowedBytes(key: Uint8Array, start: number): Buffer {
  const bytes = Buffer.allocUnsafe(key.length + 8);
  bytes.set(key);
  bytes.writeInt32BE(Math.floor(start / 0x1_0000_0000), key.length);
  bytes.writeUInt32BE(start >>> 0, key.length + 4);
  return bytes;
}
