/**
 * Java's `SplittableRandom` (JDK 17), number for number, so that the inputs of the peer benches can be made here with the same bytes.
 * 64-bit arithmetic on pairs of 32-bit halves: BigInt would cost ten times as much.
 */
export class SplittableRandom {
  #hi: number;
  #lo: number;

  /** @param seed a safe integer */
  constructor(seed: number) {
    this.#hi = Math.floor(seed / 0x1_0000_0000) | 0;
    this.#lo = seed | 0;
  }

  /** The high half of the last `nextLong`. */
  high = 0;
  /** The low half of the last `nextLong`. */
  low = 0;

  /** Advances; the result is in `high` and `low`. */
  nextLong(): void {
    this.#advance();
    this.#mix(30, 0xbf58476d, 0x1ce4e5b9);
    this.#mix(27, 0x94d049bb, 0x133111eb);
    const shifted = this.high >>> 31;
    this.low ^= (this.low >>> 31) | (this.high << 1);
    this.high ^= shifted;
  }

  nextInt(): number {
    this.#advance();
    this.#mix(33, 0x62a9d9ed, 0x799705f5);
    this.#mix(28, 0xcb24d0a5, 0xc88c35b3);
    return this.high | 0;
  }

  /** In [0, bound), as Java's boundedNextInt. */
  below(bound: number): number {
    const mask = bound - 1;
    const first = this.nextInt();
    if ((bound & mask) === 0) return first & mask;
    let candidate = first >>> 1;
    let result = candidate % bound;
    while (candidate + mask - result > 0x7fff_ffff) {
      candidate = this.nextInt() >>> 1;
      result = candidate % bound;
    }
    return result;
  }

  /** `nextLong(bound)` for bounds below 2^21, where the remainder fits into doubles. */
  longBelow(bound: number): number {
    this.nextLong();
    const mask = bound - 1;
    if ((bound & mask) === 0) return this.low & mask;
    // (nextLong() >>> 1) % bound; a rejection has a probability below 2^-41 and is left out.
    const hi = this.high >>> 1;
    const lo = ((this.low >>> 1) | (this.high << 31)) >>> 0;
    return ((hi % bound) * (0x1_0000_0000 % bound) + (lo % bound)) % bound;
  }

  nextDouble(): number {
    this.nextLong();
    return ((this.high >>> 0) * 0x20_0000 + (this.low >>> 11)) / 0x20_0000_0000_0000;
  }

  nextBoolean(): boolean {
    return this.nextInt() < 0;
  }

  #advance(): void {
    const low = (this.#lo >>> 0) + 0x7f4a7c15;
    this.#lo = low | 0;
    this.#hi = (this.#hi + 0x9e3779b9 + (low > 0xffff_ffff ? 1 : 0)) | 0;
    this.high = this.#hi;
    this.low = this.#lo;
  }

  /** z = (z ^ (z >>> shift)) * factor */
  #mix(shift: number, factorHigh: number, factorLow: number): void {
    let { high, low } = this;
    if (shift < 32) {
      low ^= (low >>> shift) | (high << (32 - shift));
      high ^= high >>> shift;
    } else {
      low ^= high >>> (shift - 32);
    }
    this.high = (highOfProduct(low, factorLow) + Math.imul(high, factorLow) + Math.imul(low, factorHigh)) | 0;
    this.low = Math.imul(low, factorLow);
  }
}

/** The high 32 bits of the unsigned product of two 32-bit numbers. */
function highOfProduct(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const low = al * bl;
  const middle = ah * bl + (low >>> 16);
  const cross = al * bh + (middle & 0xffff);
  return (ah * bh + Math.floor(middle / 0x1_0000) + (cross >>> 16)) | 0;
}
