import { describe, expect, test } from '@jest/globals';
import { seededRandom, type Random } from '@millrace/base';
import { StreamsBuilder, type AsyncOptions } from '@millrace/dsl';
import { VirtualClock } from '@millrace/testing/virtual-clock';
import { describe as described, type AsyncCall, type Program } from '@millrace/topology';
import type { AsyncStep } from './async-step.ts';
import { AsyncWork } from './async-work.ts';
import { batch, commit, run, type Running, type TestRecord, type Written } from '../testdata/task-harness.ts';

type Mapper = (value: string, key: string, call: AsyncCall) => string | PromiseLike<string>;

function mapping(mapper: Mapper, options: AsyncOptions = {}): Program {
  const builder = new StreamsBuilder();
  builder.stream<string, string>('in').mapValuesAsync(mapper, options).to('out');
  return builder.build();
}

interface Bench extends Omit<Running, 'clock'> {
  readonly time: VirtualClock;
  /** Processes and delivers until nothing is under way. */
  settle(): Promise<void>;
}

async function bench(
  program: Program,
  task: Parameters<typeof run>[1] = {},
  drainMs = Infinity,
  failures = 0,
): Promise<Bench> {
  const time = new VirtualClock();
  const async = { random: seededRandom(1), wake: () => undefined, failures: () => failures, drainMs };
  const running = await run(program, { ...task, task: { clock: time, async, ...task.task } });
  running.task.start([]);
  const settle = async (): Promise<void> => {
    while (running.task.process(100) > 0 || running.task.async?.isBusy)
      if (running.task.async?.isBusy) await time.until(running.task.async.something());
  };
  return { ...running, time, settle };
}

const text = ({ value }: Written): string => Buffer.from(value ?? '', 'hex').toString();
const texts = (written: readonly Written[]): string[] => written.map(text);

/** Records of a few keys; values count up. */
function drawn(random: Random, count: number, keys: number): TestRecord[] {
  return Array.from({ length: count }, (_, i) => [`k${random.int(keys)}`, `${i}`, i]);
}

const positions = async ({ task }: Bench): Promise<number[]> => {
  await commit(task);
  return task.offsets().map(({ offset }) => offset);
};

describe('order', () => {
  const seeds = Array.from({ length: 24 }, (_, seed) => seed);

  test.each(seeds)('whatever completes first, each key keeps its order (seed %i)', async (seed) => {
    const random = seededRandom(seed);
    const records = drawn(random, 60, 1 + random.int(8));
    const concurrency = 1 + random.int(12);
    const order = random.next() < 0.5 ? 'key' : 'input';
    const failures = new Map<string, number>();
    const active = new Set<string>();
    let most = 0;
    const mapper: Mapper = async (value, key) => {
      expect(active.has(key)).toBe(false);
      active.add(key);
      most = Math.max(most, active.size);
      await at.time.sleep(random.int(50));
      active.delete(key);
      const failed = failures.get(value) ?? 0;
      failures.set(value, failed + 1);
      if (failed < 2 && random.next() < 0.2) throw new Error('again');
      return `${key}:${value}`;
    };
    const at = await bench(mapping(mapper, { concurrency, order }));
    at.task.accept(batch('in', 0, records));
    for (let i = 0; i < 200 && at.task.bufferedRecords({ topic: 'in', partition: 0 }) > 0; i++) {
      at.task.process(1 + random.int(10));
      await at.time.pass(random.int(20));
    }
    await at.settle();
    expect(most).toBeLessThanOrEqual(concurrency);
    const wanted = records.map(([key, value]) => `${String(key)}:${String(value)}`);
    if (order === 'input') expect(texts(at.written)).toEqual(wanted);
    const ofKey = (all: readonly string[], key: string): string[] => all.filter((one) => one.startsWith(`${key}:`));
    for (const key of new Set(records.map(([one]) => String(one))))
      expect(ofKey(texts(at.written), key)).toEqual(ofKey(wanted, key));
    expect(at.written).toHaveLength(records.length);
    expect(await positions(at)).toEqual([60]);
  });

  test('with `key` a slow record holds up nobody but its own key, and records without key nobody', async () => {
    const mapper: Mapper = async (value) => {
      await at.time.sleep(value.startsWith('slow') ? 500 : 1);
      return value;
    };
    const at = await bench(mapping(mapper));
    at.task.accept(
      batch('in', 0, [
        ['a', 'slow a', 1],
        ['a', 'a', 2],
        ['b', 'b', 3],
        [null, 'slow', 4],
        [null, 'none', 5],
      ]),
    );
    await at.settle();
    expect(texts(at.written)).toEqual(['b', 'none', 'slow a', 'slow', 'a']);
  });
});

describe('a commit', () => {
  test('waits for what is under way; its offset never passes a record whose results are not written', async () => {
    const pending: (() => void)[] = [];
    const at = await bench(mapping((value) => new Promise((resolve) => pending.push(() => resolve(value)))));
    at.task.accept(
      batch('in', 5, [
        ['a', 'one', 1],
        ['b', 'two', 2],
      ]),
    );
    expect(at.task.process(10)).toBe(2);
    const sealed = at.task.seal();
    let isSealed = false;
    void sealed?.then(() => (isSealed = true));
    await at.time.settle();
    pending[1]?.();
    await at.time.settle();
    expect([isSealed, texts(at.written)]).toEqual([false, ['two']]);
    // A commit is coming: nothing new begins.
    at.task.accept(batch('in', 7, [['c', 'three', 3]]));
    expect(at.task.process(10)).toBe(0);
    pending[0]?.();
    await sealed;
    expect(at.task.offsets().map(({ offset }) => offset)).toEqual([7]);
    expect(texts(at.written)).toEqual(['two', 'one']);
    await at.task.apply();
    expect(at.task.process(10)).toBe(1);
  });

  test('covers what comes out of a cache into the step, and what the step puts into a cache', async () => {
    const builder = new StreamsBuilder();
    builder
      .stream<string, string>('in')
      .groupByKey()
      .count({ name: 'before' })
      .toStream()
      .mapAsync(async (key, count) => {
        await at.time.sleep(10);
        return [key, `${count}`] as const;
      })
      .to('out');
    const at = await bench(builder.build());
    at.task.accept(
      batch('in', 0, [
        ['a', 'x', 1],
        ['b', 'x', 2],
        ['a', 'x', 3],
      ]),
    );
    at.task.process(10);
    expect(at.written).toEqual([]);
    await at.time.until(Promise.resolve(at.task.seal()));
    const out = at.written.filter(({ topic }) => topic === 'out');
    expect(out.map((one) => [one.key, text(one), one.timestamp])).toEqual([
      ['b', '1', 2],
      ['a', '2', 3],
    ]);
  });

  test.each([
    [0, 8],
    [1, 4],
    [2, 2],
    [5, 1],
  ])(
    'after %i failures since the last commit at most %i records are taken, so that one is done at last',
    async (failures, held) => {
      const at = await bench(
        mapping(() => new Promise(() => undefined), { concurrency: 2 }),
        {},
        Infinity,
        failures,
      );
      at.task.accept(
        batch(
          'in',
          0,
          Array.from({ length: 20 }, (_, i): TestRecord => ['a', `${i}`, i]),
        ),
      );
      expect(at.task.process(100)).toBe(held);
    },
  );

  test('has waited long enough when it has slept for its time, whatever that rounds to', async () => {
    const time = new VirtualClock();
    const work = new AsyncWork({ clock: time, drainMs: 500, wake: () => undefined });
    work.add({ node: 'n', held: 1 } as AsyncStep);
    // 512.0088 - 12.0088 is less than 500.
    await time.pass(12.008_799_999_999_999);
    work.hold();
    await time.until(work.something());
    expect(() => work.hold()).toThrow(expect.objectContaining({ code: 'MR_RUNTIME_ASYNC_OVERDUE' }));
  });

  test('gives up after its time: what was under way is done again by the next task', async () => {
    const at = await bench(
      mapping(() => new Promise(() => undefined), { timeout: '10s', attempts: 1 }),
      {},
      1_000,
    );
    at.task.accept(batch('in', 0, [['a', 'x', 1]]));
    at.task.process(1);
    await expect(at.time.until(at.task.seal() as Promise<void>)).rejects.toMatchObject({
      code: 'MR_RUNTIME_ASYNC_OVERDUE',
      severity: 'retriable',
      message: expect.stringContaining('KSTREAM-MAPVALUESASYNC-0000000001'),
    });
    expect(at.time.monotonic()).toBe(1_000);
  });
});

describe('attempts', () => {
  test('pause longer each time, by jitter of the task alone, and tell which they are', async () => {
    const calls: { attempt: number; atMs: number }[] = [];
    const mapper: Mapper = (value, _key, { attempt }) => {
      calls.push({ attempt, atMs: at.time.monotonic() });
      if (attempt < 4) throw new Error('not yet');
      return value;
    };
    const at = await bench(mapping(mapper, { attempts: 4, backoff: 100, maxBackoff: 300 }));
    at.task.accept(batch('in', 0, [['a', 'x', 1]]));
    await at.settle();
    expect(calls.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    const pauses = calls.slice(1).map(({ atMs }, i) => atMs - (calls[i]?.atMs ?? 0));
    [100, 200, 300].forEach((pause, i) => {
      expect(pauses[i]).toBeGreaterThanOrEqual(pause / 2);
      expect(pauses[i]).toBeLessThanOrEqual(pause);
    });
    expect(texts(at.written)).toEqual(['x']);
  });

  test('end when they take too long: the signal is aborted, and the record fails with its position', async () => {
    const reasons: unknown[] = [];
    const mapper: Mapper = (_value, _key, { signal }) =>
      new Promise(() => signal.addEventListener('abort', () => reasons.push(signal.reason)));
    const at = await bench(mapping(mapper, { attempts: 2, timeout: 50 }));
    at.task.accept(batch('in', 3, [['a', 'x', 1]]));
    await expect(at.settle()).rejects.toMatchObject({
      code: 'MR_RUNTIME_USER_CODE',
      details: { topic: 'in', partition: 0, offset: 3 },
      cause: { code: 'MR_RUNTIME_ASYNC_TIMEOUT' },
    });
    expect(reasons).toMatchObject([
      { code: 'MR_RUNTIME_ASYNC_TIMEOUT', details: { attempt: 1, timeoutMs: 50 } },
      { code: 'MR_RUNTIME_ASYNC_TIMEOUT', details: { attempt: 2 } },
    ]);
  });

  test('are not repeated where `retryIf` says so; a handler that goes on puts the record aside and keeps the order', async () => {
    let calls = 0;
    const mapper: Mapper = async (value) => {
      calls++;
      await at.time.sleep(1);
      if (value === 'bad') throw new TypeError('no good');
      return value;
    };
    const retryIf = (error: unknown): boolean => !(error instanceof TypeError);
    const deadLetters = { topic: 'dead', batchBytesMax: 1_000_000 };
    const at = await bench(mapping(mapper, { retryIf }), {
      task: { processingHandler: 'log-and-continue', deadLetters },
    });
    at.task.accept(
      batch('in', 0, [
        ['a', 'bad', 1],
        ['a', 'good', 2],
      ]),
    );
    await at.settle();
    expect(calls).toBe(2);
    expect(at.written.map((one) => [one.topic, text(one), one.timestamp])).toEqual([
      ['dead', 'bad', 1],
      ['out', 'good', 2],
    ]);
    const headers = Object.fromEntries(at.written[0]?.headers ?? []);
    expect(Buffer.from(headers['__streams.errors.exception'] ?? '', 'hex').toString()).toBe('TypeError');
    expect(Buffer.from(headers['__streams.errors.offset'] ?? '', 'hex').toString()).toBe('0');
  });
});

test('results have the time, headers and origin of their record, whatever was processed meanwhile', async () => {
  const seen: unknown[] = [];
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('in')
    .mapValuesAsync(async (value, _key, { offset, timestamp, headers }) => {
      await at.time.sleep(value === 'slow' ? 100 : 1);
      return `${value} ${offset} ${timestamp} ${headers.length}`;
    })
    .processValues(() => {
      let recordMetadata: () => unknown;
      return {
        init: (context) => void (recordMetadata = () => context.recordMetadata),
        process: (record) =>
          void seen.push([record.value, record.timestamp, [...record.headers].length, recordMetadata()]),
      };
    });
  const at = await bench(builder.build());
  at.task.accept(
    batch('in', 0, [
      ['a', 'slow', 7, [['h', '01']]],
      ['b', 'fast', 9],
    ]),
  );
  await at.settle();
  expect(seen).toEqual([
    ['fast 1 9 0', 9, 0, { topic: 'in', partition: 0, offset: 1 }],
    ['slow 0 7 1', 7, 1, { topic: 'in', partition: 0, offset: 0 }],
  ]);
});

test('processAsync gives any number of records with headers and times of their own, or none', async () => {
  const builder = new StreamsBuilder();
  builder
    .stream<string, string>('in')
    .processAsync<string, string>(async (record) => {
      await Promise.resolve();
      if (record.value === 'none') return;
      return [
        record.withKey('k1'),
        { key: 'k2', value: 'own', timestamp: 42, headers: [{ key: 'n', value: Buffer.from([2]) }] },
      ];
    })
    .to('out');
  const at = await bench(builder.build());
  at.task.accept(
    batch('in', 0, [
      ['a', 'none', 1],
      ['b', 'two', 2, [['h', '01']]],
    ]),
  );
  await at.settle();
  expect(at.written.map((one) => [one.key, text(one), one.timestamp, one.headers])).toEqual([
    ['k1', 'two', 2, [['h', '01']]],
    ['k2', 'own', 42, [['n', '02']]],
  ]);
});

test('more waits in the queue than in the step: the task is full while its calls run', async () => {
  const at = await bench(mapping(() => new Promise(() => undefined), { concurrency: 3 }));
  at.task.accept(batch('in', 0, drawn(seededRandom(1), 100, 1_000)));
  expect(at.task.process(100)).toBe(3);
  expect(at.task.bufferedRecords({ topic: 'in', partition: 0 })).toBe(97);
});

test('a task that is closed aborts what is under way and looks at nothing that comes later', async () => {
  let give: ((value: string) => void) | undefined;
  const signals: AbortSignal[] = [];
  const mapper: Mapper = (_value, _key, { signal }) => {
    signals.push(signal);
    return new Promise((resolve) => (give = resolve));
  };
  const at = await bench(mapping(mapper));
  at.task.accept(batch('in', 0, [['a', 'x', 1]]));
  at.task.process(1);
  await at.time.settle();
  await at.task.close();
  expect(signals[0]?.reason).toMatchObject({ code: 'MR_RUNTIME_ASYNC_ENDED' });
  give?.('late');
  await at.time.settle();
  expect([at.written, at.time.pending]).toEqual([[], 0]);
});

test('steps behind each other deliver in turn', async () => {
  const builder = new StreamsBuilder();
  const later = async (value: string): Promise<string> => {
    await at.time.sleep(5);
    return `${value}+`;
  };
  const first = builder.stream<string, string>('in').mapValuesAsync(later, { concurrency: 4 });
  first.mapValuesAsync(later, { concurrency: 2 }).to('out');
  const at = await bench(builder.build());
  at.task.accept(batch('in', 0, drawn(seededRandom(3), 20, 20)));
  await at.settle();
  expect(texts(at.written).sort()).toEqual(Array.from({ length: 20 }, (_, i) => `${i}++`).sort());
});

test('the step is a node of its own; wrong options are refused', () => {
  expect(described(mapping((value) => value).topology)).toContain(
    '    Processor: KSTREAM-MAPVALUESASYNC-0000000001 (stores: [])\n      --> KSTREAM-SINK-0000000002',
  );
  for (const options of [{ concurrency: 0 }, { attempts: 1.5 }, { timeout: 0 }, { backoff: 10, maxBackoff: 5 }])
    expect(() => mapping((value) => value, options)).toThrow(/KSTREAM-MAPVALUESASYNC/);
});
