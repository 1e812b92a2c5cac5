/**
 * The order-independent digest of the peer benches: each record gives CRC-32 and FNV-1a of key ++ 00 ++ value, summed modulo 2^64.
 * Written as `count:crc:fnv`, sums in hexadecimal.
 */
export class Digest {
  #count = 0;
  #crcSum = 0n;
  #fnvSum = 0n;
  #crcPending = 0;
  #fnvPending = 0;
  #pending = 0;

  /** Records that were added. */
  get count(): number {
    return this.#count;
  }

  add(key: Buffer | null, value: Buffer): void {
    let crc = -1;
    let fnv = 0x811c9dc5 | 0;
    if (key !== null) {
      for (let i = 0; i < key.length; i++) {
        const byte = key[i] ?? 0;
        crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
        fnv = Math.imul(fnv ^ byte, 0x01000193);
      }
    }
    crc = (crcTable[crc & 0xff] ?? 0) ^ (crc >>> 8);
    fnv = Math.imul(fnv, 0x01000193);
    for (let i = 0; i < value.length; i++) {
      const byte = value[i] ?? 0;
      crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
      fnv = Math.imul(fnv ^ byte, 0x01000193);
    }
    this.#count++;
    this.#crcPending += ~crc >>> 0;
    this.#fnvPending += fnv >>> 0;
    // A million 32-bit numbers stay below 2^53.
    if (++this.#pending === 1_000_000) this.#settle();
  }

  #settle(): void {
    this.#crcSum = BigInt.asUintN(64, this.#crcSum + BigInt(this.#crcPending));
    this.#fnvSum = BigInt.asUintN(64, this.#fnvSum + BigInt(this.#fnvPending));
    this.#crcPending = this.#fnvPending = this.#pending = 0;
  }

  toString(): string {
    this.#settle();
    return `${this.#count}:${this.#crcSum.toString(16)}:${this.#fnvSum.toString(16)}`;
  }
}

const crcTable = Int32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});
