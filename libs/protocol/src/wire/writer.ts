/** A growing buffer that Kafka's primitive types are written to; `finish` gives the bytes away. */
import { Buffer } from 'node:buffer';
import { millraceError } from '@millrace/base';

const INITIAL_BYTES = 256;

/** Writes Kafka's primitive types one after the other. */
export class Writer {
  buffer: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  position = 0;

  /** Makes room for `size` bytes and returns where they start. */
  reserve(size: number): number {
    const start = this.position;
    const needed = start + size;
    if (needed > this.buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed + INITIAL_BYTES, this.buffer.length * 2));
      this.buffer.copy(grown, 0, 0, start);
      this.buffer = grown;
    }
    this.position = needed;
    return start;
  }

  int8(value: number): void {
    const start = this.reserve(1);
    this.buffer.writeInt8(value, start);
  }

  int16(value: number): void {
    const start = this.reserve(2);
    this.buffer.writeInt16BE(value, start);
  }

  uint16(value: number): void {
    const start = this.reserve(2);
    this.buffer.writeUInt16BE(value, start);
  }

  int32(value: number): void {
    const start = this.reserve(4);
    this.buffer.writeInt32BE(value, start);
  }

  int64(value: number | bigint): void {
    const start = this.reserve(8);
    if (typeof value === 'bigint') {
      this.buffer.writeBigInt64BE(value, start);
      return;
    }
    if (!Number.isSafeInteger(value)) {
      throw millraceError('MR_PROTOCOL_VALUE_OUT_OF_RANGE', { field: 'int64', value, type: 'safe integer' });
    }
    this.buffer.writeInt32BE(Math.floor(value / 0x1_0000_0000), start);
    this.buffer.writeInt32BE(value | 0, start + 4);
  }

  float64(value: number): void {
    const start = this.reserve(8);
    this.buffer.writeDoubleBE(value, start);
  }

  unsignedVarint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      const start = this.reserve(1);
      this.buffer[start] = (rest & 0x7f) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    const start = this.reserve(1);
    this.buffer[start] = rest;
  }

  uuid(value: string): void {
    const start = this.reserve(16);
    if (value.length !== 22 || this.buffer.write(value, start, 16, 'base64url') !== 16) {
      throw millraceError('MR_PROTOCOL_VALUE_OUT_OF_RANGE', {
        field: 'uuid',
        value,
        type: 'base64url text of 16 bytes',
      });
    }
  }

  utf8(value: string, size: number): void {
    const start = this.reserve(size);
    this.buffer.write(value, start, size, 'utf8');
  }

  bytes(value: Uint8Array): void {
    const start = this.reserve(value.length);
    this.buffer.set(value, start);
  }

  /** The written bytes. The writer is empty afterwards. */
  finish(): Buffer {
    const bytes = this.buffer.subarray(0, this.position);
    this.buffer = Buffer.allocUnsafe(0);
    this.position = 0;
    return bytes;
  }
}
