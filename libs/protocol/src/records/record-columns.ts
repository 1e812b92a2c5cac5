/**
 * Records as columns over one buffer: no object per record. Fill with `decodeBatch`, read by index, `reset` and fill again.
 * Keys and values are views made on demand; they live as long as the buffer they point into.
 */
import { Buffer } from 'node:buffer';
import { bufferView } from './buffer-view.ts';

const INITIAL_CAPACITY = 64;
const NO_BYTES = Buffer.alloc(0);

/** One header of a record; names may repeat. */
export interface Header {
  readonly key: string;
  readonly value: Buffer | null;
}

/** A growable struct of arrays. A length of -1 is null. */
export class RecordColumns {
  #buf: Buffer = NO_BYTES;
  #memory: ArrayBufferLike = NO_BYTES.buffer;
  #start = 0;
  count = 0;
  /** Offsets are relative to this. */
  baseOffset = 0;
  offsetDelta = new Int32Array(INITIAL_CAPACITY);
  keyOff = new Int32Array(INITIAL_CAPACITY);
  keyLen = new Int32Array(INITIAL_CAPACITY);
  valOff = new Int32Array(INITIAL_CAPACITY);
  valLen = new Int32Array(INITIAL_CAPACITY);
  hdrOff = new Int32Array(INITIAL_CAPACITY);
  hdrCount = new Int32Array(INITIAL_CAPACITY);
  timestamp = new Float64Array(INITIAL_CAPACITY);

  /** What keys and values point into. */
  get buf(): Buffer {
    return this.#buf;
  }

  set buf(buffer: Buffer) {
    this.#buf = buffer;
    this.#memory = buffer.buffer;
    this.#start = buffer.byteOffset;
  }

  offset(i: number): number {
    return this.baseOffset + (this.offsetDelta[i] as number);
  }

  /** A view of the key, or null. */
  key(i: number): Buffer | null {
    return this.#view(this.keyOff[i] as number, this.keyLen[i] as number);
  }

  /** A view of the value, or null. */
  value(i: number): Buffer | null {
    return this.#view(this.valOff[i] as number, this.valLen[i] as number);
  }

  /** Empties the columns and lets go of the buffer; keeps the arrays. */
  reset(): void {
    this.count = 0;
    this.baseOffset = 0;
    this.buf = NO_BYTES;
  }

  /** Makes room for `capacity` records. */
  ensure(capacity: number): void {
    if (capacity <= this.keyOff.length) return;
    const size = Math.max(capacity, this.keyOff.length * 2);
    this.offsetDelta = grown(this.offsetDelta, size);
    this.keyOff = grown(this.keyOff, size);
    this.keyLen = grown(this.keyLen, size);
    this.valOff = grown(this.valOff, size);
    this.valLen = grown(this.valLen, size);
    this.hdrOff = grown(this.hdrOff, size);
    this.hdrCount = grown(this.hdrCount, size);
    const timestamp = new Float64Array(size);
    timestamp.set(this.timestamp);
    this.timestamp = timestamp;
  }

  #view(offset: number, length: number): Buffer | null {
    return length < 0 ? null : bufferView(this.#memory, this.#start + offset, length);
  }
}

function grown(column: Int32Array<ArrayBuffer>, size: number): Int32Array<ArrayBuffer> {
  const wider = new Int32Array(size);
  wider.set(column);
  return wider;
}
