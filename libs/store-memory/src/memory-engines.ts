/** State engines in memory: byte order as on disk, nothing survives the process. For tests, the simulator and `inMemory` stores. */
import { invariant } from '@millrace/base';
import type { EngineWrite, KeyRange, KeyValue, StateEngine, StateEngines } from '@millrace/ports';

const chunkRows = 1_000;

/** Engines that live as long as the returned object: closing one and opening it again finds its data, as after a restart. */
export function memoryEngines(): StateEngines {
  const databases = new Map<string, Map<string, KeyValue>>();
  const metas = new Map<string, Buffer>();
  return {
    open: (name) => {
      const rows = databases.get(name) ?? new Map<string, KeyValue>();
      databases.set(name, rows);
      return Promise.resolve(new MemoryEngine(rows));
    },
    list: () => Promise.resolve([...databases.keys()].sort()),
    destroy: (name) => Promise.resolve(void databases.delete(name)),
    readMeta: (name) => Promise.resolve(metas.get(name)),
    writeMeta: (name, bytes) => Promise.resolve(void metas.set(name, Buffer.from(bytes))),
    freeBytes: () => Promise.resolve(Infinity),
    close: () => Promise.resolve(),
  };
}

/** An engine of its own, gone with the last who holds it: for stores that are kept in memory alone. */
export function freshMemoryEngine(): StateEngine {
  return new MemoryEngine(new Map());
}

/** Rows by their key as latin1 text, which sorts as the bytes do. */
class MemoryEngine implements StateEngine {
  readonly capabilities = { persistent: false, getSync: true } as const;
  readonly #rows: Map<string, KeyValue>;
  #sorted: string[] | undefined;
  #isOpen = true;

  constructor(rows: Map<string, KeyValue>) {
    this.#rows = rows;
  }

  getMany(keys: readonly Uint8Array[]): Promise<(Buffer | undefined)[]> {
    return Promise.resolve(keys.map((key) => this.getSync(key)));
  }

  getSync(key: Uint8Array): Buffer | undefined {
    this.#requireOpen();
    return this.#rows.get(text(key))?.[1];
  }

  async *scan(range: KeyRange): AsyncGenerator<readonly KeyValue[]> {
    const wanted = this.scanSync(range);
    for (let i = 0; i < wanted.length; i += chunkRows) yield Promise.resolve(wanted.slice(i, i + chunkRows));
  }

  scanSync({ gte, lt, reverse, limit = Infinity }: KeyRange): readonly KeyValue[] {
    this.#requireOpen();
    const from = gte === undefined ? '' : text(gte);
    const to = lt === undefined ? undefined : text(lt);
    const all = this.#keys();
    const end = to === undefined ? all.length : firstAtLeast(all, to);
    const keys = all.slice(firstAtLeast(all, from), end);
    return (reverse ? keys.reverse() : keys).slice(0, limit).map((key) => this.#rows.get(key) as KeyValue);
  }

  write({ deleteRanges, keys, values }: EngineWrite): Promise<void> {
    this.#requireOpen();
    for (const { gte, lt } of deleteRanges) {
      const [from, to] = [text(gte), text(lt)];
      for (const key of [...this.#rows.keys()]) if (key >= from && key < to) this.#rows.delete(key);
    }
    keys.forEach((key, i) => {
      const value = values[i] ?? null;
      if (value === null) this.#rows.delete(text(key));
      else this.#rows.set(text(key), [Buffer.from(key), Buffer.from(value)]);
    });
    this.#sorted = undefined;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#isOpen = false;
    return Promise.resolve();
  }

  #keys(): readonly string[] {
    this.#sorted ??= [...this.#rows.keys()].sort();
    return this.#sorted;
  }

  #requireOpen(): void {
    invariant(this.#isOpen, 'a closed engine is not used');
  }
}

/** Where the first key stands that is not below `key`. */
function firstAtLeast(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
