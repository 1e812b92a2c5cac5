/**
 * An independent reading of a partition's log: which records are committed, aborted, still undecided. It follows transactions by
 * their control records and shares no code with the client's read_committed filter, so it can bear witness against it.
 * Reads uncompressed record batches of version 2.
 */

export interface CommittedRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Absent when there are none. */
  readonly headers?: readonly { readonly key: string; readonly value: Buffer | null }[];
}

export interface CommittedLog {
  /** In offset order. */
  readonly records: readonly CommittedRecord[];
  /** Records of transactions that were aborted. */
  readonly aborted: number;
  /** Records of transactions that are open still. */
  readonly undecided: number;
}

const transactionalBit = 0x10;
const controlBit = 0x20;
const headerBytes = 61;

/** Reads a log given as its batches, each a buffer with one or several batches. */
export function committedLog(log: Iterable<Buffer>): CommittedLog {
  const committed: CommittedRecord[] = [];
  const open = new Map<bigint, CommittedRecord[]>();
  let aborted = 0;
  for (const bytes of log) {
    for (let at = 0; at < bytes.length;) {
      const batch = bytes.subarray(at, at + 12 + bytes.readInt32BE(at + 8));
      at += batch.length;
      const attributes = batch.readInt16BE(21);
      const producerId = batch.readBigInt64BE(43);
      if ((attributes & controlBit) !== 0) {
        const decided = open.get(producerId) ?? [];
        open.delete(producerId);
        if (isCommit(batch)) committed.push(...decided);
        else aborted += decided.length;
      } else if ((attributes & transactionalBit) !== 0) {
        const pending = open.get(producerId);
        if (pending === undefined) open.set(producerId, recordsOf(batch));
        else pending.push(...recordsOf(batch));
      } else {
        committed.push(...recordsOf(batch));
      }
    }
  }
  const undecided = [...open.values()].reduce((sum, records) => sum + records.length, 0);
  return { records: committed.sort((a, b) => a.offset - b.offset), aborted, undecided };
}

/** The only record of a control batch: its key is a version and a type, 1 for commit. */
function isCommit(batch: Buffer): boolean {
  const [marker] = recordsOf(batch);
  return marker?.key?.readInt16BE(2) === 1;
}

function recordsOf(batch: Buffer): CommittedRecord[] {
  const baseOffset = Number(batch.readBigInt64BE(0));
  const baseTimestamp = Number(batch.readBigInt64BE(27));
  const count = batch.readInt32BE(57);
  const records: CommittedRecord[] = [];
  let at = headerBytes;
  const varint = (): number => {
    let value = 0;
    let factor = 1;
    let byte: number;
    do {
      byte = batch.readUInt8(at++);
      value += (byte & 0x7f) * factor;
      factor *= 128;
    } while (byte >= 128);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };
  const bytes = (): Buffer | null => {
    const length = varint();
    return length < 0 ? null : batch.subarray(at, (at += length));
  };
  for (let i = 0; i < count; i++) {
    const length = varint();
    const end = at + length;
    at++; // attributes, unused
    const timestamp = baseTimestamp + varint();
    const offset = baseOffset + varint();
    const [key, value] = [bytes(), bytes()];
    const headers = Array.from({ length: varint() }, () => ({ key: String(bytes()), value: bytes() }));
    records.push({ offset, timestamp, key, value, ...(headers.length === 0 ? {} : { headers }) });
    at = end;
  }
  return records;
}
