/** The partition of a key as Kafka's Java producer chooses it: murmur2 with its seed. */

const MULTIPLIER = 0x5bd1e995;
const SEED = 0x9747b28c;

/** Java's `Utils.murmur2`: a signed 32-bit hash. */
export function murmur2(key: Uint8Array): number {
  const length = key.length;
  let hash = SEED ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let word =
      (key[i] as number) |
      ((key[i + 1] as number) << 8) |
      ((key[i + 2] as number) << 16) |
      ((key[i + 3] as number) << 24);
    word = Math.imul(word, MULTIPLIER);
    word ^= word >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(word, MULTIPLIER);
  }
  const rest = length & 3;
  if (rest === 3) hash ^= (key[whole + 2] as number) << 16;
  if (rest >= 2) hash ^= (key[whole + 1] as number) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ (key[whole] as number), MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** The partition of a key among `partitionCount`; keys without bytes are not placed by hash. */
export function partitionForKey(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount;
}
