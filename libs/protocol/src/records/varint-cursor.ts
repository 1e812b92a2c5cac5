/** Reads the zigzag varints of records. One cursor per batch; bounds are those of the batch. */
import type { Buffer } from 'node:buffer';
import { malformed } from './batch-header.ts';

/** A position in the records of a batch. */
export class VarintCursor {
  readonly buffer: Buffer;
  position: number;
  end: number;

  constructor(buffer: Buffer, position: number, end: number) {
    this.buffer = buffer;
    this.position = position;
    this.end = end;
  }

  /** A zigzag varint of 32 bits. */
  varint(): number {
    const buffer = this.buffer;
    let position = this.position;
    let byte = buffer[position++] as number;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80; shift += 7) {
      if (position >= this.end || shift > 28) malformed(this.position, 'a varint does not end');
      byte = buffer[position++] as number;
      value |= (byte & 0x7f) << shift;
    }
    if (position > this.end) malformed(this.position, 'a varint does not end');
    this.position = position;
    return (value >>> 1) ^ -(value & 1);
  }

  /** A zigzag varint of 64 bits as a number. */
  varlong(): number {
    const buffer = this.buffer;
    let position = this.position;
    let scale = 1;
    let value = 0;
    let byte: number;
    do {
      if (position >= this.end || scale > 2 ** 63) malformed(this.position, 'a varlong does not end');
      byte = buffer[position++] as number;
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte >= 0x80);
    if (value > Number.MAX_SAFE_INTEGER) return this.#exactVarlong(position);
    this.position = position;
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Zigzag doubles the value, so differences of 53 bits need 54: rare enough for bigints. */
  #exactVarlong(end: number): number {
    let value = 0n;
    for (let i = end - 1; i >= this.position; i--) value = (value << 7n) | BigInt((this.buffer[i] as number) & 0x7f);
    this.position = end;
    return Number(BigInt.asIntN(64, (BigInt.asUintN(64, value) >> 1n) ^ -(value & 1n)));
  }
}
