/**
 * How far stores have followed their inputs, in the JVM library's bytes (PositionSerde): `u8 0 || i32 topics || (i32 length || topic || i32 n ||
 * (i32 partition || i64 offset)*)*`. It stands in changelog headers where consistency is on, and in answers of interactive queries.
 */
import { millraceError } from '@millrace/base';

/** Topic -> partition -> offset of the last record taken in. */
export type Position = ReadonlyMap<string, ReadonlyMap<number, number>>;

const version = 0;

export function encodePosition(position: Position): Buffer {
  const parts: Uint8Array[] = [Buffer.of(version), int32(position.size)];
  for (const [topic, offsets] of position) {
    const name = Buffer.from(topic);
    parts.push(int32(name.length), name, int32(offsets.size));
    for (const [partition, offset] of offsets) {
      const entry = Buffer.allocUnsafe(12);
      entry.writeInt32BE(partition);
      entry.writeBigInt64BE(BigInt(offset), 4);
      parts.push(entry);
    }
  }
  return Buffer.concat(parts);
}

/** Throws MR_SERDE_UNREADABLE for bytes of another version, or too few. */
export function decodePosition(bytes: Buffer): Position {
  const position = new Map<string, ReadonlyMap<number, number>>();
  try {
    if (bytes[0] !== version) throw unreadable(`version ${bytes[0]}`);
    let at = 5;
    for (let topics = bytes.readInt32BE(1); topics > 0; topics--) {
      const end = at + 4 + bytes.readInt32BE(at);
      const offsets = new Map<number, number>();
      let next = end + 4;
      for (let left = bytes.readInt32BE(end); left > 0; left--, next += 12)
        offsets.set(bytes.readInt32BE(next), Number(bytes.readBigInt64BE(next + 4)));
      position.set(bytes.toString('utf8', at + 4, end), offsets);
      at = next;
    }
    return position;
  } catch (error) {
    throw error instanceof RangeError ? unreadable(error.message) : error;
  }
}

function unreadable(problem: string): Error {
  return millraceError('MR_SERDE_UNREADABLE', { serde: 'position', topic: 'its header', problem });
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}
