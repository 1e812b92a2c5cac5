/** Cuts a byte stream into Kafka's frames: four bytes of length, then the frame. */
import { Buffer } from 'node:buffer';

/** No answer of Kafka is larger; a larger length is damage or another protocol. */
export const maxFrameBytes = 100 * 1024 * 1024;

const LENGTH_BYTES = 4;
/** Reading less than this straight into a frame would cost more reads than it saves copying. */
const worthwhileBytes = 64 * 1024;

/** Takes chunks as they arrive and hands out whole frames, without their length. Frames have memory of their own: chunks may be used again. */
export class FrameSplitter {
  readonly #onFrame: (frame: Buffer) => void;
  readonly #onBadLength: (length: number, start: Buffer) => void;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  #lengthFilled = 0;
  #frame: Buffer | undefined;
  #frameFilled = 0;
  #stopped = false;

  constructor(onFrame: (frame: Buffer) => void, onBadLength: (length: number, start: Buffer) => void) {
    this.#onFrame = onFrame;
    this.#onBadLength = onBadLength;
  }

  /** Nothing more is handed out. */
  stop(): void {
    this.#stopped = true;
    this.#frame = undefined;
  }

  /** Where the next bytes belong, when they are many and of one frame. */
  room(): Uint8Array | undefined {
    const frame = this.#frame;
    if (frame === undefined || frame.length - this.#frameFilled < worthwhileBytes) return undefined;
    return frame.subarray(this.#frameFilled);
  }

  /** The next bytes of the stream. */
  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#stopped) {
      at = this.#frame === undefined ? this.#startFrame(chunk, at) : this.#fillFrame(this.#frame, chunk, at);
    }
  }

  #startFrame(chunk: Buffer, start: number): number {
    const taken = Math.min(LENGTH_BYTES - this.#lengthFilled, chunk.length - start);
    chunk.copy(this.#length, this.#lengthFilled, start, start + taken);
    this.#lengthFilled += taken;
    if (this.#lengthFilled < LENGTH_BYTES) return chunk.length;
    this.#lengthFilled = 0;
    const length = this.#length.readInt32BE(0);
    const at = start + taken;
    if (length < LENGTH_BYTES || length > maxFrameBytes) {
      this.#stopped = true;
      this.#onBadLength(length, Buffer.concat([this.#length, chunk.subarray(at, at + 60)]));
      return chunk.length;
    }
    this.#frame = Buffer.allocUnsafeSlow(length);
    this.#frameFilled = 0;
    return this.#fillFrame(this.#frame, chunk, at);
  }

  #fillFrame(frame: Buffer, chunk: Buffer, start: number): number {
    const end = Math.min(chunk.length, start + frame.length - this.#frameFilled);
    // Memory of the frame's own was given out as `room`: the bytes are where they belong.
    if (chunk.buffer !== frame.buffer) chunk.copy(frame, this.#frameFilled, start, end);
    this.#frameFilled += end - start;
    if (this.#frameFilled === frame.length) {
      this.#frame = undefined;
      this.#onFrame(frame);
    }
    return end;
  }
}
