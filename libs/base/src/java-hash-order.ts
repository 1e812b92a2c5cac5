import { javaHash } from './java-hash.ts';

/** The order in which Java's `HashMap` and `HashSet` of strings, or of what has another hash, are gone through: texts of the JVM library show it. */
export function javaHashOrder(names: readonly string[], hashOf: (name: string) => number = javaHash): string[] {
  let capacity = 16;
  while (names.length > capacity * 0.75) capacity *= 2;
  const bucket = (name: string): number => {
    const hash = hashOf(name);
    return (hash ^ (hash >>> 16)) & (capacity - 1);
  };
  // Sorting is stable: names of one bucket stay in the order they came.
  return [...names].sort((a, b) => bucket(a) - bucket(b));
}
