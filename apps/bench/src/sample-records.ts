/** Records of a size that is common: a key of 10 bytes and a JSON value of 100. */
export function sampleRecords(count: number): { readonly keys: readonly Buffer[]; readonly values: readonly Buffer[] } {
  return {
    keys: Array.from({ length: count }, (_, i) => Buffer.from(String(i).padStart(10, 'k'))),
    values: Array.from({ length: count }, (_, i) => Buffer.from(`{"id":${i},"text":"`.padEnd(98, 'abc def ') + '"}')),
  };
}

/** All of them have this event time, give or take. */
export const sampleTime = 1_700_000_000_000;
