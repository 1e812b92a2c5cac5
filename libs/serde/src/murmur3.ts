/** MurmurHash3 (x64, 128 bits) as Kafka Streams uses it to tell versions of a value apart in foreign-key joins: seed 104729, both halves big-endian. */

const mask = 0xffff_ffff_ffff_ffffn;
const c1 = 0x87c3_7b91_1142_53d5n;
const c2 = 0x4cf5_ad43_2745_937fn;
const seed = 104_729n;

const rotl = (x: bigint, by: bigint): bigint => ((x << by) | (x >> (64n - by))) & mask;
const times = (a: bigint, b: bigint): bigint => (a * b) & mask;
const mixed1 = (k: bigint): bigint => times(rotl(times(k, c1), 31n), c2);
const mixed2 = (k: bigint): bigint => times(rotl(times(k, c2), 33n), c1);

function finished(h: bigint): bigint {
  let x = times(h ^ (h >> 33n), 0xff51_afd7_ed55_8ccdn);
  x = times(x ^ (x >> 33n), 0xc4ce_b9fe_1a85_ec53n);
  return x ^ (x >> 33n);
}

/** Up to 8 bytes, little-endian; bytes beyond the end count as 0. */
function word(bytes: Uint8Array, at: number): bigint {
  let value = 0n;
  for (let i = Math.min(at + 8, bytes.length) - 1; i >= at; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

/** The 16 bytes of the hash. */
export function murmur3(bytes: Uint8Array): Buffer {
  let [h1, h2] = [seed, seed];
  const blocksEnd = bytes.length - (bytes.length % 16);
  for (let at = 0; at < blocksEnd; at += 16) {
    h1 = (times((rotl(h1 ^ mixed1(word(bytes, at)), 27n) + h2) & mask, 5n) + 0x52dc_e729n) & mask;
    h2 = (times((rotl(h2 ^ mixed2(word(bytes, at + 8)), 31n) + h1) & mask, 5n) + 0x3849_5ab5n) & mask;
  }
  h2 ^= mixed2(word(bytes, blocksEnd + 8));
  h1 ^= mixed1(word(bytes, blocksEnd));
  const length = BigInt(bytes.length);
  h1 = ((h1 ^ length) + (h2 ^ length)) & mask;
  h2 = ((h2 ^ length) + h1) & mask;
  h1 = finished(h1);
  h2 = finished(h2);
  h1 = (h1 + h2) & mask;
  h2 = (h2 + h1) & mask;
  const hash = Buffer.allocUnsafe(16);
  hash.writeBigUInt64BE(h1, 0);
  hash.writeBigUInt64BE(h2, 8);
  return hash;
}
