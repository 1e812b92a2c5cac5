/** Randomness as a port: jitter, ids, load shedding. */
export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** An integer in [0, bound). */
  int(bound: number): number;
  /** A random UUID (version 4), lower case. */
  uuid(): string;
}

/** A seeded generator (sfc32): the same seed gives the same sequence on every machine. */
export function seededRandom(seed: number): Random {
  let a = seed >>> 0;
  let b = 0x9e3779b9;
  let c = 0x243f6a88;
  let d = 1;
  const uint32 = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) uint32();
  const next = (): number => uint32() / 0x1_0000_0000;
  return { next, int: (bound) => Math.floor(next() * bound), uuid: () => uuidFrom(uint32) };
}

/** Formats four random words as a version 4 UUID. */
export function uuidFrom(uint32: () => number): string {
  const hex = [uint32(), uint32(), uint32(), uint32()].map((word) => word.toString(16).padStart(8, '0')).join('');
  const variant = '89ab'[parseInt(hex.charAt(16), 16) & 3];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
