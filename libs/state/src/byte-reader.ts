import { millraceError } from '@millrace/base';

/** A cursor over the bytes of a changelog. Throws MR_SERDE_UNREADABLE where they end too early. */
export class ByteReader {
  readonly #bytes: Buffer;
  readonly #what: string;
  #at = 0;

  /** @param what whose bytes, for the error */
  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
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

  /** `i32 length || bytes`, copied; null for a negative length. */
  sized(): Buffer | null {
    const length = this.int32();
    return length < 0 ? null : Buffer.from(this.#take(length));
  }

  #take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length)
      throw millraceError('MR_SERDE_UNREADABLE', {
        serde: this.#what,
        topic: 'its changelog',
        problem: `${this.#bytes.length} bytes, ${end} needed`,
      });
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
