/** Kafka's zig-zag varint of 32 bits: small numbers of either sign are short. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

/** The number at `from`, and where it ends; undefined when no varint of 32 bits is there. */
export function readVarint(bytes: Uint8Array, from = 0): { readonly value: number; readonly end: number } | undefined {
  let raw = 0;
  for (let i = 0; i < 5 && from + i < bytes.length; i++) {
    const byte = bytes[from + i] ?? 0;
    raw |= (byte & 127) << (7 * i);
    if (byte < 128) return { value: (raw >>> 1) ^ -(raw & 1), end: from + i + 1 };
  }
  return undefined;
}
