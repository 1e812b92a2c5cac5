/** The growing output of a decompressor, bounded by a limit. */
import { Buffer } from 'node:buffer';
import { millraceError } from '@millrace/base';

/** Bytes as they are inflated; refuses to grow past the limit. */
export class Output {
  buffer: Buffer;
  position = 0;
  readonly #compression: string;
  readonly #limitBytes: number;

  constructor(compression: string, expectedBytes: number, limitBytes: number) {
    this.#compression = compression;
    this.#limitBytes = limitBytes;
    if (expectedBytes > limitBytes) this.#refuse();
    this.buffer = Buffer.allocUnsafeSlow(expectedBytes);
  }

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    const needed = this.position + size;
    if (needed <= this.buffer.length) return;
    if (needed > this.#limitBytes) this.#refuse();
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#limitBytes, Math.max(needed, this.buffer.length * 2)));
    grown.set(this.buffer.subarray(0, this.position));
    this.buffer = grown;
  }

  /** Appends `source[start, end)`. */
  literal(source: Uint8Array, start: number, end: number): void {
    if (start > end || end > source.length) this.malformed('a literal runs past the input');
    this.reserve(end - start);
    this.buffer.set(source.subarray(start, end), this.position);
    this.position += end - start;
  }

  /** Repeats `length` bytes from `distance` back; the two may overlap, which repeats a pattern. */
  match(distance: number, length: number): void {
    if (distance <= 0 || distance > this.position) this.malformed('a match starts before the output');
    this.reserve(length);
    const { buffer, position } = this;
    if (distance >= length) buffer.copyWithin(position, position - distance, position - distance + length);
    else for (let i = position; i < position + length; i++) buffer[i] = buffer[i - distance] as number;
    this.position += length;
  }

  /** The inflated bytes. */
  finish(): Buffer {
    return this.buffer.subarray(0, this.position);
  }

  malformed(why: string): never {
    throw millraceError('MR_PROTOCOL_MALFORMED', {
      what: `A ${this.#compression} batch`,
      position: this.position,
      why,
    });
  }

  #refuse(): never {
    throw millraceError('MR_PROTOCOL_INFLATED_TOO_LARGE', {
      compression: this.#compression,
      limitBytes: this.#limitBytes,
    });
  }
}
