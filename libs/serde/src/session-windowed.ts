import { millraceError } from '@millrace/base';
import type { Serde } from './serde.ts';
import type { Windowed } from './windowed.ts';

const suffixBytes = 16;

/** Keys of sessions as SessionWindowedSerializer writes them: `key || i64 end || i64 start`. Both ends belong to the session. */
export function sessionWindowed<K>(inner: Serde<K>): Serde<Windowed<K>> {
  const { open, prepare } = inner;
  const keyOf = (bytes: Buffer): Buffer => bytes.subarray(0, Math.max(0, bytes.length - suffixBytes));
  return {
    name: `session-windowed(${inner.name})`,
    serialize: (topic, { key, window }) => {
      const keyBytes = inner.serialize(topic, key);
      const bytes = Buffer.allocUnsafe(keyBytes.length + suffixBytes);
      bytes.set(keyBytes);
      writeTime(bytes, window.end, keyBytes.length);
      writeTime(bytes, window.start, keyBytes.length + 8);
      return bytes;
    },
    deserialize: (topic, bytes) => {
      if (bytes.length < suffixBytes)
        throw millraceError('MR_SERDE_SIZE', {
          serde: 'session-windowed',
          topic,
          expected: suffixBytes,
          actual: bytes.length,
        });
      const at = bytes.length - suffixBytes;
      const window = { start: readTime(bytes, at + 8), end: readTime(bytes, at) };
      return { key: inner.deserialize(topic, keyOf(bytes)), window };
    },
    partitionBytes: (topic, { key }) => inner.serialize(topic, key),
    ...(open === undefined ? {} : { open: (use) => open.call(inner, use) }),
    ...(prepare === undefined ? {} : { prepare: (topic, bytes) => prepare.call(inner, topic, keyOf(bytes)) }),
  };
}

function writeTime(bytes: Buffer, time: number, at: number): void {
  bytes.writeInt32BE(Math.floor(time / 0x1_0000_0000), at);
  bytes.writeUInt32BE(time >>> 0, at + 4);
}

function readTime(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}
