import { millraceError } from '@millrace/base';
import type { Header } from '@millrace/ports';
import { ownHeaders, type RecordContext, type RecordOrigin } from './record-context.ts';

const none = -1;
const sameAsPrior = -2;
const nowhere: RecordOrigin = { topic: '', partition: -1, offset: -1 };

/** A change that waits, as the JVM library keeps and logs it: values as bytes, with the context of the record that caused it. */
export class BufferedChange {
  /** The value downstream before the key began to wait. */
  readonly prior: Buffer | null;
  /** The value before this change; the same object as `prior` when equal. */
  readonly oldValue: Buffer | null;
  readonly newValue: Buffer | null;
  readonly timestamp: number;
  readonly headers: readonly Header[] | undefined;
  readonly origin: RecordOrigin;

  constructor(
    prior: Buffer | null,
    oldValue: Buffer | null,
    newValue: Buffer | null,
    timestamp: number,
    { headers, origin = nowhere }: Pick<RecordContext, 'headers' | 'origin'>,
  ) {
    this.prior = prior !== null && oldValue !== null && prior.equals(oldValue) ? oldValue : prior;
    this.oldValue = oldValue;
    this.newValue = newValue;
    this.timestamp = timestamp;
    this.headers = headers === undefined ? undefined : ownHeaders(headers);
    this.origin = origin;
  }

  /** What the JVM library counts for it and its key. */
  sizeWith(key: Buffer): number {
    const { prior, oldValue, newValue, headers = [], origin } = this;
    const values = sizeOf(prior) + (oldValue === prior ? 0 : sizeOf(oldValue)) + sizeOf(newValue);
    const context = 20 + (origin.topic ?? '').length;
    const named = headers.reduce((sum, header) => sum + header.key.length + (header.value?.length ?? 0), 0);
    return 8 + key.length + values + context + named;
  }

  /** `context || prior || old || new || i64 time` */
  serialize(time: number): Buffer {
    const { prior, oldValue, newValue, timestamp, headers = [], origin } = this;
    const topic = Buffer.from(origin.topic ?? '');
    const parts: Uint8Array[] = [
      int64(timestamp),
      int64(origin.offset),
      int32(topic.length),
      topic,
      int32(origin.partition),
    ];
    parts.push(int32(headers.length));
    for (const { key, value } of headers) parts.push(...sized(Buffer.from(key)), ...sized(value));
    parts.push(...sized(prior));
    parts.push(...(oldValue !== null && oldValue === prior ? [int32(sameAsPrior)] : sized(oldValue)));
    parts.push(...sized(newValue), int64(time));
    return Buffer.concat(parts);
  }

  /** Reads what `serialize` wrote (version 3, which 2.4.0 and later write). */
  static deserialize(bytes: Buffer): { readonly change: BufferedChange; readonly time: number } {
    const reader = new Reader(bytes);
    const timestamp = reader.int64();
    const offset = reader.int64();
    const topic = (reader.sized() ?? '').toString();
    const partition = reader.int32();
    const headers: Header[] = [];
    for (let left = reader.int32(); left > 0; left--)
      headers.push({ key: (reader.sized() ?? '').toString(), value: reader.sized() });
    const prior = reader.sized();
    const oldValue = reader.peekInt32() === sameAsPrior ? (reader.int32(), prior) : reader.sized();
    const newValue = reader.sized();
    const context = { headers: headers.length === 0 ? undefined : headers, origin: { topic, partition, offset } };
    return { change: new BufferedChange(prior, oldValue, newValue, timestamp, context), time: reader.int64() };
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  int64(): number {
    return Number(this.#take(8).readBigInt64BE());
  }

  int32(): number {
    return this.#take(4).readInt32BE();
  }

  peekInt32(): number {
    const value = this.int32();
    this.#at -= 4;
    return value;
  }

  sized(): Buffer | null {
    const length = this.int32();
    return length < 0 ? null : Buffer.from(this.#take(length));
  }

  #take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length)
      throw millraceError('MR_SERDE_UNREADABLE', {
        serde: 'suppress buffer',
        topic: 'its changelog',
        problem: `${this.#bytes.length} bytes, ${end} needed`,
      });
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

function sizeOf(bytes: Buffer | null): number {
  return bytes === null ? 0 : bytes.length;
}

function sized(bytes: Uint8Array | null): Uint8Array[] {
  return bytes === null ? [int32(none)] : [int32(bytes.length), bytes];
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
