/** Local keys, changelog keys, and how one becomes the other. */

const windowSuffixBytes = 12;
const windowPrefixBytes = 10;
const noBytes = new Uint8Array(0);

/** `u16 store || key` */
export function keyValueLocalKey(store: number, key: Uint8Array = noBytes): Buffer {
  const bytes = Buffer.allocUnsafe(2 + key.length);
  bytes.writeUInt16BE(store, 0);
  bytes.set(key, 2);
  return bytes;
}

/** Behind the last local key of a store. */
export function storeEnd(store: number): Buffer {
  return keyValueLocalKey(store + 1);
}

/** `u16 store || i64 start || key`: in the order of time, so that closed windows are one range to read, expired ones one range to delete. */
export function windowLocalKey(store: number, start: number, key: Uint8Array = noBytes): Buffer {
  const bytes = Buffer.allocUnsafe(windowPrefixBytes + key.length);
  bytes.writeUInt16BE(store, 0);
  writeInt64(bytes, start, 2);
  bytes.set(key, windowPrefixBytes);
  return bytes;
}

/** Behind the last local key of windows that start at `start` or earlier. */
export function afterStart(store: number, start: number): Buffer {
  return start >= Number.MAX_SAFE_INTEGER ? storeEnd(store) : windowLocalKey(store, start + 1);
}

/** Takes a local key of a window apart. */
export function readWindowLocalKey(bytes: Buffer): { key: Buffer; start: number } {
  return { key: bytes.subarray(windowPrefixBytes), start: readInt64(bytes, 2) };
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
  return { key: bytes.subarray(0, at), start: readInt64(bytes, at) };
}

/** Windows expire in segments of half the retention, a minute at least (Stores.persistentWindowStore). */
export function segmentMs(retentionMs: number): number {
  return Math.max(Math.floor(retentionMs / 2), 60_000);
}

/** The first start that is kept: segments are dropped whole once stream time has passed them by the retention. */
export function firstLiveStart(observedMs: number, retentionMs: number): number {
  const segment = segmentMs(retentionMs);
  return Math.max(0, Math.floor((observedMs - retentionMs) / segment) * segment);
}

/** `i64 timestamp || value`, as rows are kept. */
export function localValue(value: Uint8Array, timestamp: number): Buffer {
  const bytes = Buffer.allocUnsafe(8 + value.length);
  writeInt64(bytes, timestamp, 0);
  bytes.set(value, 8);
  return bytes;
}

/** Takes a kept row apart. */
export function readLocalValue(bytes: Buffer): { value: Buffer; timestamp: number } {
  return { value: bytes.subarray(8), timestamp: readInt64(bytes, 0) };
}

export function writeInt64(bytes: Buffer, value: number, at: number): void {
  bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}

export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}
