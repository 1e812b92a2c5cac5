/**
 * A cursor over received bytes. Every read checks its bounds: bytes that lie about a length raise
 * MR_PROTOCOL_MALFORMED and never make the reader allocate more than the input can hold.
 */
import type { Buffer } from 'node:buffer';
import { millraceError } from '@millrace/base';

const TWO_32 = 0x1_0000_0000;

/** Reads Kafka's primitive types one after the other. Byte values are views of the input, not copies. */
export class Reader {
  readonly buffer: Buffer;
  readonly what: string;
  position: number;
  end: number;

  constructor(buffer: Buffer, what: string, position = 0, end = buffer.length) {
    this.buffer = buffer;
    this.what = what;
    this.position = position;
    this.end = end;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  malformed(why: string): never {
    throw millraceError('MR_PROTOCOL_MALFORMED', { what: this.what, position: this.position, why });
  }

  /** Moves past `size` bytes and returns where they start. */
  take(size: number): number {
    const start = this.position;
    if (size < 0 || size > this.end - start) {
      this.malformed(`${size} bytes are announced, ${this.end - start} are left`);
    }
    this.position = start + size;
    return start;
  }

  int8(): number {
    return this.buffer.readInt8(this.take(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.take(2));
  }

  uint16(): number {
    return this.buffer.readUInt16BE(this.take(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.take(4));
  }

  /** A number; a bigint (typed as number) only outside the safe integers, so that the value is never rounded. */
  int64(): number {
    const start = this.take(8);
    const value = this.buffer.readInt32BE(start) * TWO_32 + this.buffer.readUInt32BE(start + 4);
    return Number.isSafeInteger(value) ? value : (this.buffer.readBigInt64BE(start) as unknown as number);
  }

  float64(): number {
    return this.buffer.readDoubleBE(this.take(8));
  }

  unsignedVarint(): number {
    const first = this.buffer[this.take(1)] as number;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.buffer[this.take(1)] as number;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        if (value >= TWO_32) break;
        return value;
      }
    }
    return this.malformed('a varint is longer than 32 bits');
  }

  uuid(): string {
    const start = this.take(16);
    return this.buffer.toString('base64url', start, start + 16);
  }

  utf8(size: number): string {
    const start = this.take(size);
    return this.buffer.toString('utf8', start, start + size);
  }

  bytes(size: number): Buffer {
    const start = this.take(size);
    return this.buffer.subarray(start, start + size);
  }
}
