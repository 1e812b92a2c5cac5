/** Greedy search for repeats, shared by snappy and lz4: a table of the last place of each hash of four bytes. */

const HASH_BITS = 14;
const table = new Int32Array(1 << HASH_BITS);

/** Told of what was found: literals `[literalStart, matchStart)`, then a match. */
export type MatchSink = (literalStart: number, matchStart: number, distance: number, length: number) => void;

/** Repeats are looked for in `[start, end)`; no match reaches into the last `tailBytes`. Returns where the rest starts. */
export function findMatches(bytes: Uint8Array, start: number, end: number, tailBytes: number, sink: MatchSink): number {
  table.fill(-1);
  const matchLimit = end - tailBytes;
  const searchLimit = matchLimit - 4;
  let literalStart = start;
  let misses = 0;
  for (let at = start; at <= searchLimit;) {
    const word = wordAt(bytes, at);
    const slot = Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS);
    const candidate = table[slot] as number;
    table[slot] = at;
    if (candidate < 0 || at - candidate > 0xffff || wordAt(bytes, candidate) !== word) {
      at += 1 + (misses++ >> 6);
      continue;
    }
    let length = 4;
    while (at + length < matchLimit && bytes[candidate + length] === bytes[at + length]) length++;
    sink(literalStart, at, at - candidate, length);
    at += length;
    literalStart = at;
    misses = 0;
  }
  return literalStart;
}

function wordAt(bytes: Uint8Array, i: number): number {
  return (
    (bytes[i] as number) |
    ((bytes[i + 1] as number) << 8) |
    ((bytes[i + 2] as number) << 16) |
    ((bytes[i + 3] as number) << 24)
  );
}
