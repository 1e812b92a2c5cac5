/**
 * Memory for the batches of a log. Small ones share slabs, that grow with the log: a buffer of its own for each would cost more than
 * what is in it. A slab is free when the last of its batches is gone; logs lose them from the front.
 */
import { Buffer } from 'node:buffer';

const firstSlabBytes = 4 * 1024;
const maxSlabBytes = 256 * 1024;

/** Copies batches into memory that lasts. */
export class BatchArena {
  #slab = Buffer.alloc(0);
  #used = 0;
  #nextSlabBytes = firstSlabBytes;

  /** A copy of `source[start, end)`. */
  copy(source: Buffer, start: number, end: number): Buffer {
    const size = end - start;
    const bytes = size * 8 > maxSlabBytes ? Buffer.allocUnsafeSlow(size) : this.#take(size);
    source.copy(bytes, 0, start, end);
    return bytes;
  }

  #take(size: number): Buffer {
    if (this.#used + size > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(Math.max(size, this.#nextSlabBytes));
      this.#used = 0;
      this.#nextSlabBytes = Math.min(maxSlabBytes, this.#nextSlabBytes * 2);
    }
    return this.#slab.subarray(this.#used, (this.#used += size));
  }
}
