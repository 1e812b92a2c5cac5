/** A Buffer over a part of other memory, made in less than half the time that `subarray` takes: the record path makes two a record. */
import { Buffer } from 'node:buffer';

class View extends Uint8Array<ArrayBufferLike> {}

// What it inherits makes it a Buffer in every respect, `Buffer.isBuffer` and what it says its constructor is included.
Object.setPrototypeOf(View.prototype, Buffer.prototype);
Object.defineProperty(View.prototype, 'constructor', { value: Buffer, configurable: true, writable: true });

/** Bytes `offset` to `offset + length` of the memory as a Buffer. Nothing is copied; bounds are those of the memory. */
export function bufferView(memory: ArrayBufferLike, offset: number, length: number): Buffer {
  return new View(memory, offset, length) as Buffer;
}
