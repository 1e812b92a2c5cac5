/** Local keys, changelog keys, and how one becomes the other. */

const windowSuffixBytes = 12;

/** `u16 store || key` */
export function keyValueLocalKey(store: number, key: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(2 + key.length);
  bytes.writeUInt16BE(store, 0);
  bytes.set(key, 2);
  return bytes;
}

/** `u16 store || u32 segment || key || i64 start` */
export function windowLocalKey(store: number, key: Uint8Array, start: number, segmentMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(14 + key.length);
  bytes.writeUInt16BE(store, 0);
  bytes.writeUInt32BE(Math.floor(start / segmentMs), 2);
  bytes.set(key, 6);
  writeInt64(bytes, start, 6 + key.length);
  return bytes;
}

/** The JVM's window key in stores and changelogs: `key || i64 start || i32 seq`, seq 0. */
export function windowChangelogKey(key: Uint8Array, start: number): Buffer {
  const bytes = Buffer.allocUnsafe(key.length + windowSuffixBytes);
  bytes.set(key);
  writeInt64(bytes, start, key.length);
  bytes.writeInt32BE(0, key.length + 8);
  return bytes;
}

/** Takes a changelog key of a window apart. */
export function readWindowChangelogKey(bytes: Buffer): { key: Buffer; start: number } {
  const at = bytes.length - windowSuffixBytes;
  return { key: bytes.subarray(0, at), start: bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4) };
}

/** Windows are laid out in segments of half the retention, a minute at least (Stores.persistentWindowStore). */
export function segmentMs(retentionMs: number): number {
  return Math.max(Math.floor(retentionMs / 2), 60_000);
}

function writeInt64(bytes: Buffer, value: number, at: number): void {
  bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}
