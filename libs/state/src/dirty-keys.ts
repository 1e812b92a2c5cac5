/** Keys to be logged, in the order in which Java's `HashSet` of bytes is gone through: the order of records in changelogs of the JVM library. */
export class DirtyKeys {
  readonly #keys = new Map<string, Buffer>();
  /** Buckets of the set; they never become fewer again. */
  #capacity = 16;

  add(key: Buffer): void {
    this.#keys.set(key.toString('latin1'), key);
    while (this.#keys.size > this.#capacity * 0.75) this.#capacity *= 2;
  }

  /** Takes all keys out. */
  drain(): Buffer[] {
    const keys = [...this.#keys.values()];
    this.#keys.clear();
    if (keys.length < 2) return keys;
    const buckets = new Map(keys.map((key) => [key, this.#bucket(key)]));
    return keys.sort((a, b) => (buckets.get(a) ?? 0) - (buckets.get(b) ?? 0));
  }

  #bucket(key: Buffer): number {
    let hash = 1;
    for (const byte of key) hash = (Math.imul(hash, 31) + ((byte << 24) >> 24)) | 0;
    return (hash ^ (hash >>> 16)) & (this.#capacity - 1);
  }
}
