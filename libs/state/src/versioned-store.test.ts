import { describe, expect, it } from '@jest/globals';
import type { StateEngine } from '@millrace/ports';
import { Serdes } from '@millrace/serde';
import { memoryEngines } from '@millrace/store-memory';
import fc from 'fast-check';
import { recordContext } from './record-context.ts';
import { stateMemory } from './state-memory.ts';
import type { IsolationLevel } from './store-read.ts';
import type { DrainedChanges } from './task-store.ts';
import { versionedAccess } from './versioned-access.ts';
import { VersionedStore } from './versioned-store.ts';
import { batchOf, type Logged } from './testdata/changelog-batch.ts';

/** `validTo` -1: still valid. */
interface Version {
  readonly value: string;
  readonly timestamp: number;
  readonly validTo: number;
}

interface Shape {
  readonly historyMs: number;
  readonly segmentMs: number;
}

/** `residentBytes` 0: nothing stays in memory that the engine has. */
function open(engine: StateEngine, shape: Shape, log: Logged[] = [], residentBytes?: number) {
  let expired = 0;
  const store = new VersionedStore({
    id: 7,
    engine,
    keySerde: Serdes.string() as never,
    valueSerde: Serdes.string() as never,
    topic: 'app-v-changelog',
    changelog: {
      append: (key, value, timestamp) =>
        void log.push({ key: Buffer.from(key), value: value === null ? null : Buffer.from(value), timestamp }),
    },
    memory: stateMemory(0, residentBytes),
    context: recordContext(),
    ...shape,
    expired: () => expired++,
  });
  return { store, access: versionedAccess('v', store), expired: () => expired };
}

async function written(engine: StateEngine, change: (into: DrainedChanges) => unknown): Promise<void> {
  const changes: DrainedChanges = { deleteRanges: [], keys: [], values: [] };
  await change(changes);
  await engine.write(changes);
}

/**
 * The same by lists. One rule is the JVM library's own: a deletion at the very time of the latest version leaves a trace only if a version ended there.
 */
class NaiveVersions {
  readonly #historyMs: number;
  readonly #rows = new Map<string, { versions: Map<number, string | null>; ends: Set<number> }>();
  #observed = -1;

  constructor(historyMs: number) {
    this.#historyMs = historyMs;
  }

  put(key: string, value: string | null, at: number): number {
    if (at < this.#observed - this.#historyMs) return -(2 ** 63);
    this.#observed = Math.max(this.#observed, at);
    const row = this.#rows.get(key) ?? { versions: new Map<number, string | null>(), ends: new Set<number>() };
    this.#rows.set(key, row);
    const { versions, ends } = row;
    const times = [...versions.keys()].sort((a, b) => a - b);
    const last = times.at(-1);
    const next = times.find((time) => time > at);
    if (next !== undefined) ends.add(next);
    else if (value === null && last === at && versions.get(at) !== null && !ends.has(at)) {
      versions.delete(at);
      return -1;
    } else if (last !== undefined && last < at && versions.get(last) !== null) ends.add(at);
    else if (value === null && (last === undefined || versions.get(last) === null)) ends.add(at);
    versions.set(at, value);
    return next ?? -1;
  }

  get(key: string, asOf = Infinity): { value: string; timestamp: number } | null {
    const versions = this.#rows.get(key)?.versions ?? new Map<number, string | null>();
    const times = [...versions.keys()].sort((a, b) => a - b);
    const at = times.findLast((time) => time <= asOf);
    const value = at === undefined ? null : (versions.get(at) ?? null);
    if (at === undefined || value === null) return null;
    const isLatest = at === times.at(-1);
    return isLatest || asOf >= this.#observed - this.#historyMs ? { value, timestamp: at } : null;
  }

  /** What began at `to` or earlier and was valid later than `from`, oldest first; only what the history still has. */
  between(key: string, from: number, to: number): Version[] {
    const versions = this.#rows.get(key)?.versions ?? new Map<number, string | null>();
    const times = [...versions.keys()].sort((a, b) => a - b);
    const isThere = to >= this.firstKept;
    return times.flatMap((timestamp, i) => {
      const [value, validTo] = [versions.get(timestamp) ?? null, times[i + 1]];
      if (value === null || timestamp > to) return [];
      if (validTo === undefined) return [{ value, timestamp, validTo: -1 }];
      return isThere && validTo > from ? [{ value, timestamp, validTo }] : [];
    });
  }

  get firstKept(): number {
    return this.#observed - this.#historyMs;
  }
}

const shapes: readonly Shape[] = [
  { historyMs: 20, segmentMs: 5 },
  { historyMs: 7, segmentMs: 1 },
  { historyMs: 50, segmentMs: 100 },
  { historyMs: 0, segmentMs: 2 },
];

type Step =
  | {
      readonly do: 'put';
      readonly key: string;
      readonly value: string | null;
      readonly late: number;
      readonly on: number;
    }
  | { readonly do: 'write' | 'restart' | 'crash' | 'wipe' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key: fc.constantFrom('a', 'b'),
      value: fc.option(fc.constantFrom('x', 'y', 'longer', ''), { freq: 3 }),
      late: fc.nat(24),
      on: fc.constantFrom(0, 0, 1, 2, 9),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'write' }, { do: 'restart' }, { do: 'crash' }, { do: 'wipe' }) },
);

describe('a versioned store', () => {
  it.each(shapes)('agrees with lists of versions, over restarts, crashes and lost disks: %j', async (shape) => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const run = await Run.start(shape);
      for (const one of steps) await run.take(one);
      run.compare();
      await run.compareReads();
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('counts and logs what comes too late, and does not put it', async () => {
    const log: Logged[] = [];
    const { access, expired } = open(await memoryEngines().open('t'), { historyMs: 10, segmentMs: 5 }, log);
    expect([access.put('a', 'new', 20), access.put('a', 'old', 9), access.delete('a', 9)]).toEqual([
      -1,
      -(2 ** 63),
      null,
    ]);
    expect([expired(), log.length]).toEqual([2, 3]);
    expect(access.get('a', 9)).toBeNull();
  });

  it('tells whether a change is late while it is forwarded, and gives the latest value as the old one', async () => {
    const { store } = open(await memoryEngines().open('t'), { historyMs: 10, segmentMs: 5 });
    const seen: unknown[] = [];
    store.onUpdate((...change) => void seen.push(change), true);
    store.put(store.row('a'), 'new', 20, 20);
    store.put(store.row('a'), 'late', 15, 15);
    store.put(store.row('a'), 'gone', 5, 5);
    expect(seen).toEqual([
      ['a', 'new', null, 20],
      ['a', 'late', 'new', 15],
    ]);
  });

  it('leaves nothing of a segment behind in the engine when the history has passed it', async () => {
    const engine = await memoryEngines().open('t');
    const { store, access } = open(engine, { historyMs: 10, segmentMs: 5 });
    for (let at = 0; at < 100; at++) {
      access.put('a', String(at), at);
      if (at % 7 === 0) await written(engine, (into) => store.drain(into));
    }
    await written(engine, (into) => store.drain(into));
    // One latest value, the store's own row, and the segments from 89 on.
    expect(engine.scanSync?.({})).toHaveLength(2 + 3);
  });
});

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

/** A store and its model, side by side. */
class Run {
  readonly #shape: Shape;
  readonly #model: NaiveVersions;
  readonly #log: Logged[] = [];
  #engine: StateEngine;
  #store: ReturnType<typeof open>;
  /** Records of the changelog that the engine has. */
  #written = 0;
  #now = 30;

  private constructor(shape: Shape, engine: StateEngine) {
    this.#shape = shape;
    this.#model = new NaiveVersions(shape.historyMs);
    this.#engine = engine;
    this.#store = open(engine, shape, this.#log, 0);
  }

  static async start(shape: Shape): Promise<Run> {
    return new Run(shape, await memoryEngines().open('t'));
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'put') return this.#put(step.key, step.value, step.late, step.on);
    if (step.do === 'wipe') {
      this.#engine = await memoryEngines().open('t');
      this.#written = 0;
    } else if (step.do !== 'crash') await this.#write();
    if (step.do === 'write') return;
    this.#store = open(this.#engine, this.#shape, this.#log, 0);
    await this.#restore();
    this.compare();
  }

  compare(): void {
    const [store, model] = [this.#store.access, this.#model];
    for (const key of ['a', 'b']) {
      expect(store.get(key)).toEqual(model.get(key));
      for (let at = this.#now - 60; at <= this.#now + 1; at++)
        expect([at, store.get(key, at)]).toEqual([at, model.get(key, at)]);
    }
  }

  /** Reads from beside the task see what was put, or what the engine has. */
  async compareReads(): Promise<void> {
    const stored = new NaiveVersions(this.#shape.historyMs);
    for (const { key, value, timestamp } of this.#log.slice(0, this.#written))
      stored.put(String(key), value === null ? null : String(value), timestamp);
    for (const [isolation, model] of [
      ['read_uncommitted', this.#model],
      ['read_committed', stored],
    ] as const) {
      const ranges = [0, 9].flatMap((after) => {
        const from = model.firstKept + after;
        return [from, from + 5, Number.MAX_SAFE_INTEGER].map((to) => [from, to] as const);
      });
      for (const key of ['a', 'b']) {
        const found = await Promise.all(ranges.map(([from, to]) => this.#read(key, from, to, false, isolation)));
        expect([isolation, key, found]).toEqual([
          isolation,
          key,
          ranges.map(([from, to]) => model.between(key, from, to)),
        ]);
        const [from, to] = ranges[2] as readonly [number, number];
        expect(await this.#read(key, from, to, true, isolation)).toEqual(found[2]?.reverse());
      }
    }
  }

  async #read(key: string, from: number, to: number, reverse: boolean, isolation: IsolationLevel): Promise<Version[]> {
    const found: Version[] = [];
    const read = { type: 'versions', key: Buffer.from(key), from, to, reverse } as const;
    for await (const rows of this.#store.store.read(read, isolation))
      found.push(...rows.map(({ value, timestamp, end }) => ({ value: textOf(value), timestamp, validTo: end })));
    return found;
  }

  #put(key: string, value: string | null, late: number, on: number): void {
    this.#now += on;
    const at = this.#now - late;
    expect(this.#store.access.put(key, value, at)).toBe(this.#model.put(key, value, at));
  }

  async #write(): Promise<void> {
    await written(this.#engine, async (into) => {
      this.#store.store.drain(into);
      // On its way to the engine.
      await this.compareReads();
    });
    this.#store.store.trim();
    this.#written = this.#log.length;
    await this.compareReads();
  }

  /** In two batches, as they may come. */
  async #restore(): Promise<void> {
    const tail = this.#log.slice(this.#written);
    const half = tail.length >> 1;
    for (const batch of [tail.slice(0, half), tail.slice(half)])
      await written(this.#engine, (into) => this.#store.store.restore(batchOf(batch, 'app-v-changelog'), into));
    this.#written = this.#log.length;
  }
}
