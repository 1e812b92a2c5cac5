/** The result topics of trending-hashtags as the checks read them: bytes decoded by hand, so that no serde can hide its own mistake. */
import type { CommittedRecord } from '@millrace/testing';
import type { Ranked } from '@millrace/app-demo';

/** One value of a result topic; `key` is printable: `hashtag`, `hashtag@windowStart` or `windowStart`. */
export interface Result<V> {
  readonly key: string;
  readonly value: V;
}

/** Result topics with counts, and whether their keys are windowed. */
export const countTopics = [
  { topic: 'hashtag-mentions-10m', store: 'mentions-10m', windowed: true },
  { topic: 'hashtag-mentions-day', store: 'mentions-day', windowed: true },
  { topic: 'hashtag-mentions-all', store: 'mentions-all', windowed: false },
] as const;

/** Stores with their number within their sub-topology. */
export const stores = [
  { subtopology: 1, number: 1, windowed: true, store: 'mentions-10m' },
  { subtopology: 1, number: 2, windowed: true, store: 'mentions-day' },
  { subtopology: 1, number: 3, windowed: false, store: 'mentions-all' },
  { subtopology: 2, number: 1, windowed: false, store: 'trending' },
] as const;

export const trendingTopic = 'trending-hashtags';

/** A record whose value is a count. */
export function count(record: CommittedRecord, windowed: boolean): Result<number> {
  const key = record.key ?? Buffer.alloc(0);
  const value = record.value === null ? 0 : Number(record.value.readBigInt64BE(0));
  return { key: windowed ? windowedKey(key, key.length - 8) : key.toString(), value };
}

/** A record of the changelog of a window store: key, window start, 4 bytes of sequence number. */
export function windowStoreCount(record: CommittedRecord): Result<number> {
  const key = record.key ?? Buffer.alloc(0);
  return { key: windowedKey(key, key.length - 12), value: Number((record.value ?? Buffer.alloc(8)).readBigInt64BE(0)) };
}

function windowedKey(key: Buffer, length: number): string {
  return `${key.toString('utf8', 0, length)}@${key.readBigInt64BE(length)}`;
}

/** A record of `trending-hashtags`: Confluent header, then `{windowStart: long, entries: [{hashtag: string, mentions: long}]}` in Avro. */
export function trending(record: CommittedRecord): Result<readonly Ranked[]> {
  const reader = new AvroReader(record.value ?? Buffer.alloc(0), 5);
  const windowStart = reader.long();
  const entries: Ranked[] = [];
  for (let left = reader.long(); left !== 0; left = reader.long()) {
    if (left < 0) reader.long(); // a negative count is followed by the size of the block in bytes
    for (let i = 0; i < Math.abs(left); i++) entries.push({ hashtag: reader.string(), mentions: reader.long() });
  }
  const key = String(record.key?.readBigInt64BE(0));
  return { key: key === String(windowStart) ? key : `${key} with windowStart ${windowStart}`, value: entries };
}

/** The id of a post: the first field of its Avro value. */
export function postIdOf(record: CommittedRecord): string {
  return new AvroReader(record.value ?? Buffer.alloc(0), 5).string();
}

class AvroReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  long(): number {
    let value = 0;
    let factor = 1;
    let byte: number;
    do {
      byte = this.#bytes.readUInt8(this.#at++);
      value += (byte & 0x7f) * factor;
      factor *= 128;
    } while (byte >= 128);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  string(): string {
    const length = this.long();
    return this.#bytes.toString('utf8', this.#at, (this.#at += length));
  }
}
