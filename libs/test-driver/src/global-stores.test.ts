import { describe, expect, test } from '@jest/globals';
import { Stores, StreamsBuilder, type StoreBuilder } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import type {
  KeyValueStore,
  Processor,
  ProcessorContext,
  Program,
  SessionStore,
  TimestampedKeyValueStore,
  TimestampedWindowStore,
  VersionedKeyValueStore,
  WindowStore,
} from '@millrace/topology';
import { TopologyTestDriver } from './topology-test-driver.ts';

const strings = { key: Serdes.string(), value: Serdes.string() };

function filledBy(supplier: () => Processor<string, string>): Program {
  const builder = new StreamsBuilder();
  builder.addGlobalStore(Stores.keyValueStore({ name: 'names', ...strings }), 'people', strings, supplier);
  return builder.build();
}

describe('a processor that fills a global store', () => {
  test.each(['streamTime', 'wallClock'] as const)('cannot schedule by %s', async (clock) => {
    const program = filledBy(() => ({
      init: (context) => void context.schedule('1s', clock, () => undefined),
      process: () => undefined,
    }));
    await expect(TopologyTestDriver.open(program)).rejects.toMatchObject({
      code: 'MR_RUNTIME_GLOBAL_PROCESSOR',
      message:
        'The processor KTABLE-SOURCE-0000000001 fills a global store and asks for a punctuation, which it does not have.',
    });
  });

  test('has no stream time, and may ask for the rest', async () => {
    const seen: unknown[] = [];
    const program = filledBy(() => {
      let context: ProcessorContext<never, never>;
      return {
        init: (given) => void (context = given),
        process: () => {
          seen.push(context.recordMetadata, context.currentSystemTimeMs);
          seen.push(context.currentStreamTimeMs);
        },
      };
    });
    const driver = await TopologyTestDriver.open(program, { startMs: 5 });
    await expect(driver.createInputTopic('people', strings).pipeInput('a', 'Ann')).rejects.toMatchObject({
      code: 'MR_RUNTIME_GLOBAL_PROCESSOR',
      details: { what: 'the stream time' },
    });
    expect(seen).toEqual([{ topic: 'people', partition: 0, offset: 0 }, 5]);
    await driver.close();
  });
});

test('a processor that fills a global store may use the others, to read and to write', async () => {
  const builder = new StreamsBuilder();
  const names = Stores.keyValueStore({ name: 'names', ...strings });
  const cities = Stores.keyValueStore({ name: 'cities', ...strings });
  const changes = Stores.keyValueStore({ name: 'changes', ...strings });
  builder.addGlobalStore(names, 'people', strings, () => {
    let [own, other, third]: KeyValueStore<string, string>[] = [];
    return {
      init: (context) =>
        void ([own, other, third] = [names, cities, changes].map((store) => context.getStateStore(store))),
      process: ({ key, value }) => {
        own?.put(key, `${value} of ${other?.get(key)}`);
        third?.put(key, 'changed');
      },
    };
  });
  for (const [store, topic] of [
    [cities, 'places'],
    [changes, 'others'],
  ] as const)
    builder.addGlobalStore(store, topic, strings, () => {
      let own: KeyValueStore<string, string>;
      return {
        init: (context) => void (own = context.getStateStore(store)),
        process: ({ key, value }) => own.put(key, value),
      };
    });
  const driver = await TopologyTestDriver.open(builder.build());
  await driver.createInputTopic('places', strings).pipeInput('a', 'Turin');
  await driver.createInputTopic('people', strings).pipeInput('a', 'Ann');
  expect(driver.getKeyValueStore('names')?.get('a')).toBe('Ann of Turin');
  expect(driver.getKeyValueStore('changes')?.get('a')).toBe('changed');
  await driver.close();
});

/** A global store that `fill` writes with each record of `rows`; each record of `in` is answered with what `read` finds. */
function readBeside<S>(
  store: StoreBuilder<S>,
  fill: (store: S, key: string, value: string, timestamp: number) => void,
  read: (store: S, key: string) => unknown,
): Program {
  const builder = new StreamsBuilder();
  builder.addGlobalStore(store, 'rows', strings, () => {
    let own: S;
    return {
      init: (context) => void (own = context.getStateStore(store)),
      process: ({ key, value, timestamp }) => fill(own, key, value, timestamp),
    };
  });
  builder
    .stream('in', strings)
    .process<string, string>(() => {
      let context: ProcessorContext<string, string>;
      return {
        init: (given) => void (context = given),
        process: (record) => {
          const found = read(context.getStateStore<S>(store.name), record.key);
          context.forward(record.withValue(JSON.stringify(found)));
        },
      };
    })
    .to('out', strings);
  return builder.build();
}

const retention = { retention: '1m', windowSize: '10s' } as const;
const rows = [
  ['a', '1', 1_000],
  ['b', '2', 2_000],
  ['a', '3', 12_000],
] as const;

/** Fills the store, asks for `a`, and gives the answer. */
async function answered(program: Program): Promise<unknown> {
  const driver = await TopologyTestDriver.open(program);
  const input = driver.createInputTopic('rows', strings);
  for (const [key, value, timestamp] of rows) await input.pipeInput(key, value, timestamp);
  // A time of its own: what is read has that of the row.
  await driver.createInputTopic('in', strings).pipeInput('a', '', 99);
  const [answer] = driver.createOutputTopic('out', strings).readRecordsToList();
  await driver.close();
  return JSON.parse(String(answer?.value));
}

const windowStart = (timestamp: number): number => timestamp - (timestamp % 10_000);

describe.each([false, true])(
  'a global store of any kind is filled by its processor and read by others, in memory: %s',
  (inMemory) => {
    const options = { name: 'g', inMemory, ...strings };

    test('timestamped key-value store', async () => {
      const program = readBeside<TimestampedKeyValueStore<string, string>>(
        Stores.timestampedKeyValueStore(options),
        (store, key, value, timestamp) => store.put(key, { value, timestamp }),
        (store, key) => [store.get(key), [...store.all()].length],
      );
      expect(await answered(program)).toEqual([{ value: '3', timestamp: 12_000 }, 2]);
    });

    test('window store', async () => {
      const program = readBeside<WindowStore<string, string>>(
        Stores.windowStore({ ...options, ...retention }),
        (store, key, value, timestamp) => store.put(key, value, windowStart(timestamp)),
        (store, key) => [store.fetch(key, 0), [...store.fetchRange(key, 0, 20_000)], [...store.all()].length],
      );
      const ofKey = [
        [0, '1'],
        [10_000, '3'],
      ];
      expect(await answered(program)).toEqual(['1', ofKey, 3]);
    });

    test('window store that keeps duplicates', async () => {
      const program = readBeside<WindowStore<string, string>>(
        Stores.windowStore({ ...options, ...retention, retainDuplicates: true }),
        (store, key, value) => store.put(key, value, 0),
        (store, key) => [...store.fetchRange(key, 0, 20_000)],
      );
      const ofKey = [
        [0, '1'],
        [0, '3'],
      ];
      expect(await answered(program)).toEqual(ofKey);
    });

    test('timestamped window store', async () => {
      const program = readBeside<TimestampedWindowStore<string, string>>(
        Stores.timestampedWindowStore({ ...options, ...retention }),
        (store, key, value, timestamp) => store.put(key, { value, timestamp }, windowStart(timestamp)),
        (store, key) => [...store.fetchRange(key, 0, 20_000)],
      );
      const ofKey = [
        [0, { value: '1', timestamp: 1_000 }],
        [10_000, { value: '3', timestamp: 12_000 }],
      ];
      expect(await answered(program)).toEqual(ofKey);
    });

    test('session store', async () => {
      const program = readBeside<SessionStore<string, string>>(
        Stores.sessionStore({ ...options, retention: '1m' }),
        (store, key, value, start) => store.put({ key, window: { start, end: start + 5 } }, value),
        (store, key) => [
          store.fetchSession(key, 1_000, 1_005),
          [...store.fetch(key)].map(([{ window }]) => window.end),
        ],
      );
      expect(await answered(program)).toEqual(['1', [1_005, 12_005]]);
    });
  },
);

test('a global store with versions is read as of a time', async () => {
  const program = readBeside<VersionedKeyValueStore<string, string>>(
    Stores.versionedKeyValueStore({ name: 'g', versioned: { history: '1m' }, ...strings }),
    (store, key, value, timestamp) => void store.put(key, value, timestamp),
    (store, key) => [store.get(key), store.get(key, 1_500)],
  );
  expect(await answered(program)).toEqual([
    { value: '3', timestamp: 12_000 },
    { value: '1', timestamp: 1_000 },
  ]);
});

test.each([
  ['put', (store: KeyValueStore<string, string>) => store.put('a', '1')],
  ['putIfAbsent', (store: KeyValueStore<string, string>) => store.putIfAbsent('a', '1')],
  ['delete', (store: KeyValueStore<string, string>) => store.delete('a')],
])('a processor that only reads a global store cannot change it: %s', async (_method, change) => {
  const program = readBeside<KeyValueStore<string, string>>(
    Stores.keyValueStore({ name: 'g', ...strings }),
    (store, key, value) => store.put(key, value),
    change,
  );
  await expect(answered(program)).rejects.toMatchObject({
    code: 'MR_RUNTIME_STORE_READ_ONLY',
    details: { store: 'g' },
  });
});
