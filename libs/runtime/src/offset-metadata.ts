/** The JVM's metadata beside a committed offset (TopicPartitionMetadata): base64 of `u8 2 || i64 partitionTime`; stream time survives a restart in it. */

export function encodeOffsetMetadata(partitionTime: number): string {
  const bytes = Buffer.allocUnsafe(9);
  bytes.writeUInt8(2, 0);
  bytes.writeBigInt64BE(BigInt(partitionTime), 1);
  return bytes.toString('base64');
}

/** The partition time, -1 for metadata of another kind. Version 1 has no processor metadata, version 2 may. */
export function decodeOffsetMetadata(text: string): number {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length < 9 || (bytes[0] !== 1 && bytes[0] !== 2)) return -1;
  return Number(bytes.readBigInt64BE(1));
}
