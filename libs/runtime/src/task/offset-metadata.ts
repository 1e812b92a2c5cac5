/**
 * The JVM's metadata beside a committed offset (TopicPartitionMetadata), in base64: `u8 2 || i64 partitionTime`, and where a processor has something
 * to remember `i32 n || (i32 length || store || i64 value)*`. Event time and the progress of final results survive a restart in it.
 */

export interface OffsetMetadata {
  /** Greatest timestamp read; -1 when there is none. */
  readonly partitionTime: number;
  /** Store name -> close time up to which final results of windows were sent. */
  readonly emitted: ReadonlyMap<string, number>;
}

export function encodeOffsetMetadata(
  partitionTime: number,
  emitted: readonly (readonly [store: string, closeTime: number])[] = [],
): string {
  const names = emitted.map(([store]) => Buffer.from(store));
  const size = 9 + (names.length === 0 ? 0 : 4 + names.reduce((sum, name) => sum + 12 + name.length, 0));
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeUInt8(2, 0);
  bytes.writeBigInt64BE(BigInt(partitionTime), 1);
  if (names.length === 0) return bytes.toString('base64');
  let at = bytes.writeInt32BE(names.length, 9);
  emitted.forEach(([, closeTime], i) => {
    const name = names[i] as Buffer;
    at = bytes.writeInt32BE(name.length, at);
    bytes.set(name, at);
    at = bytes.writeBigInt64BE(BigInt(closeTime), at + name.length);
  });
  return bytes.toString('base64');
}

/** The version of metadata; undefined when it is none of Kafka Streams. Versions from 3 on are told from other texts by being base64 and starting low. */
export function offsetMetadataVersion(text: string): number | undefined {
  const bytes = Buffer.from(text, 'base64');
  const version = bytes[0] ?? 0;
  return bytes.length >= 9 && version >= 1 && version < 32 && bytes.toString('base64') === text ? version : undefined;
}

/** Metadata of another kind holds nothing. Version 1 has a partition time only. */
export function decodeOffsetMetadata(text: string): OffsetMetadata {
  const bytes = Buffer.from(text, 'base64');
  const emitted = new Map<string, number>();
  if (bytes.length < 9 || (bytes[0] !== 1 && bytes[0] !== 2)) return { partitionTime: -1, emitted };
  const partitionTime = Number(bytes.readBigInt64BE(1));
  if (bytes[0] === 1 || bytes.length < 13) return { partitionTime, emitted };
  let at = 13;
  for (let left = bytes.readInt32BE(9); left > 0 && at + 4 <= bytes.length; left--) {
    const end = at + 4 + bytes.readInt32BE(at);
    if (end < at + 4 || end + 8 > bytes.length) break;
    emitted.set(bytes.toString('utf8', at + 4, end), Number(bytes.readBigInt64BE(end)));
    at = end + 8;
  }
  return { partitionTime, emitted };
}
