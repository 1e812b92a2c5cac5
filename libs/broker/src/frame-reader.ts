/** Cuts frames out of a stream of bytes. A frame that came in one chunk is a view of it. */
import { Buffer } from 'node:buffer';

const lengthBytes = 4;

/** Collects chunks until a frame is whole. */
export class FrameReader {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  /** The next frame without its length; undefined until it is whole; 'tooLarge' if it never will be. */
  next(): Buffer | 'tooLarge' | undefined {
    if (this.#size < lengthBytes) return undefined;
    const length = this.#peekLength();
    if (length < 0 || length > this.#maxBytes) return 'tooLarge';
    const end = lengthBytes + length;
    if (this.#size < end) return undefined;
    const bytes = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
    this.#chunks = bytes.length > end ? [bytes.subarray(end)] : [];
    this.#size -= end;
    return bytes.subarray(lengthBytes, end);
  }

  #peekLength(): number {
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= lengthBytes) return first.readInt32BE(0);
    this.#chunks = [Buffer.concat(this.#chunks)];
    return (this.#chunks[0] as Buffer).readInt32BE(0);
  }
}
