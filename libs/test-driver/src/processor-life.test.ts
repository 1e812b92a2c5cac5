/** The life of processors and their punctuations, as Kafka Streams 4.3.1 was seen to lead it. */
import { describe, expect, test } from '@jest/globals';
import { Stores, Topology } from '@millrace/dsl';
import { Serdes } from '@millrace/serde';
import type { Processor, ProcessorContext, ProcessorRecord } from '@millrace/topology';
import { TopologyTestDriver } from './topology-test-driver.ts';

const text = { key: Serdes.string(), value: Serdes.string() };

/** Notes what happens to it, and passes records on. */
class Noting implements Processor<string, string, string, string> {
  readonly #name: string;
  readonly #log: string[];
  context!: ProcessorContext<string, string>;

  constructor(name: string, log: string[]) {
    this.#name = name;
    this.#log = log;
  }

  init(context: ProcessorContext<string, string>): void {
    this.context = context;
    this.note('init', '');
  }

  process(record: ProcessorRecord<string, string>): void {
    this.note('process', ` ${record.value}`);
    this.context.forward(record);
  }

  close(): void {
    this.#log.push(`${this.#name} close`);
  }

  note(what: string, of: string): void {
    const { recordMetadata, currentStreamTimeMs, currentSystemTimeMs } = this.context;
    const { topic, partition, offset } = recordMetadata;
    const at = `${String(topic)}-${partition}@${offset} ${currentStreamTimeMs} ${currentSystemTimeMs}`;
    this.#log.push(`${this.#name} ${what}${of} ${at}`);
  }
}

const source = (): Topology => new Topology().addSource('source', 'in', text);
const opened = (topology: Topology, startMs = 100): Promise<TopologyTestDriver> =>
  TopologyTestDriver.open(topology.build(), { startMs });
const failing = (): never => {
  throw new Error('broken');
};

test('they see the settings of their application, and its serdes', async () => {
  const contexts: ProcessorContext<string, string>[] = [];
  const topology = source().addProcessor(
    'a',
    () => ({ init: (context) => void contexts.push(context), process: () => {} }),
    { parents: 'source' },
  );
  const options = { applicationId: 'shop', defaultKeySerde: Serdes.string(), maxTaskIdleMs: 5 };
  const driver = await TopologyTestDriver.open(topology.build(), options);
  const [context] = contexts;
  expect(context?.appConfigs).toMatchObject({ applicationId: 'shop', maxTaskIdleMs: 5 });
  expect([context?.keySerde, context?.valueSerde]).toEqual([options.defaultKeySerde, undefined]);
  await driver.close();
});

test('all begin before the first record, and end in the order of the nodes; records go down one branch after the other', async () => {
  const log: string[] = [];
  const topology = source()
    .addProcessor('a', () => new Noting('a', log), { parents: 'source' })
    .addProcessor('b', () => new Noting('b', log), { parents: 'a' })
    .addProcessor('c', () => new Noting('c', log), { parents: 'a' })
    .addProcessor('d', () => new Noting('d', log), { parents: ['b', 'c'] });
  const driver = await opened(topology);
  expect(log.splice(0)).toEqual(['a', 'b', 'c', 'd'].map((name) => `${name} init null--1@-1 -1 100`));
  await driver.createInputTopic('in', text).pipeInput('k', 'v', 7);
  expect(log.splice(0)).toEqual(['a', 'b', 'd', 'c', 'd'].map((name) => `${name} process v in-0@0 7 100`));
  await driver.close();
  await driver.close();
  expect(log).toEqual(['a', 'b', 'c', 'd'].map((name) => `${name} close`));
});

test('one that cannot be closed keeps no other from it', async () => {
  const log: string[] = [];
  const topology = source()
    .addProcessor('a', () => ({ process: () => undefined, close: failing }), { parents: 'source' })
    .addProcessor('b', () => new Noting('b', log), { parents: 'source' });
  const driver = await opened(topology);
  await expect(driver.close()).rejects.toMatchObject({
    code: 'MR_RUNTIME_PROCESSOR',
    details: { node: 'a', step: 'close', problem: 'broken' },
  });
  expect(log).toContain('b close');
});

test('one that cannot begin is named, and a store that is not connected is no business of its own', async () => {
  const beginning = (init: Processor<string, string>['init'] & object): Promise<TopologyTestDriver> =>
    opened(source().addProcessor('a', () => ({ init, process: () => undefined }), { parents: 'source' }));
  await expect(beginning(failing)).rejects.toMatchObject({
    code: 'MR_RUNTIME_PROCESSOR',
    details: { node: 'a', step: 'init' },
  });
  await expect(beginning((context) => context.getStateStore('rows'))).rejects.toMatchObject({
    code: 'MR_RUNTIME_STORE_NOT_CONNECTED',
  });
});

test('a punctuation comes from nowhere, has the time of its clock, and may cancel itself', async () => {
  const log: string[] = [];
  const make = (): Noting => {
    const noting = new Noting('p', log);
    const { init } = noting;
    return Object.assign(noting, {
      init(context: ProcessorContext<string, string>) {
        init.call(noting, context);
        context.schedule(10, 'streamTime', (time) => noting.note('stream', ` ${time}`));
        let left = 2;
        const ticks = context.schedule(10, 'wallClock', (time) => {
          noting.note('wall', ` ${time}`);
          if (--left === 0) ticks.cancel();
        });
      },
    });
  };
  const driver = await opened(source().addProcessor('p', make, { parents: 'source' }));
  const input = driver.createInputTopic('in', text);
  for (const time of [5, 25]) await input.pipeInput('k', 'v', time);
  for (const ms of [10, 100, 100]) await driver.advanceWallClockTime(ms);
  expect(log.slice(1)).toEqual([
    'p process v in-0@0 5 100',
    'p stream 5 null--1@-1 5 100',
    'p process v in-0@1 25 100',
    'p stream 25 null--1@-1 25 100',
    'p wall 110 null--1@-1 25 110',
    'p wall 210 null--1@-1 25 210',
  ]);
  await driver.close();
});

describe('anchored punctuations (KIP-1146)', () => {
  test.each([
    [0, 'w112 w121 w130 s90 s104 s118 s130'],
    [95, 'w106 w115 w127 s96 s106 s118 s130'],
    [105, 'w106 w115 w127 s106 s118 s130'],
    [117, 'w118 w127 s118 s130'],
  ])('from %d on stand at its intervals', async (startMs, expected) => {
    const fired: string[] = [];
    const init = (context: ProcessorContext<never, never>): void => {
      context.schedule(10, 'wallClock', (time) => fired.push(`w${time}`), { startMs });
      context.schedule(10, 'streamTime', (time) => fired.push(`s${time}`), { startMs });
    };
    const topology = source().addProcessor('p', () => ({ init, process: () => undefined }), { parents: 'source' });
    const driver = await opened(topology);
    for (let i = 0; i < 10; i++) await driver.advanceWallClockTime(3);
    for (const time of [90, 94, 96, 104, 106, 118, 119, 130])
      await driver.createInputTopic('in', text).pipeInput('k', 'v', time);
    expect(fired.join(' ')).toBe(expected);
    await driver.close();
  });

  test('that begin in the past of stream time wait for the next of their intervals', async () => {
    const fired: string[] = [];
    const topology = source().addProcessor(
      'p',
      () => {
        let context: ProcessorContext<never, never>;
        return {
          init: (given) => void (context = given),
          process: ({ value }: ProcessorRecord<string, string>) => {
            context.schedule(10, 'streamTime', (time) => fired.push(`${value} anchored ${time}`), { startMs: 0 });
            context.schedule(10, 'streamTime', (time) => fired.push(`${value} plain ${time}`)).cancel();
          },
        };
      },
      { parents: 'source' },
    );
    const driver = await opened(topology);
    const input = driver.createInputTopic('in', text);
    await input.pipeInput('k', 'a', 33);
    await input.pipeInput('k', 'b', 40);
    expect(fired).toEqual(['a anchored 40']);
    await driver.close();
  });
});

test.each<[string, unknown[], string]>([
  ['no interval', [0, 'streamTime', () => undefined], 'MR_RUNTIME_PUNCTUATION_INTERVAL'],
  ['a start before the epoch', [1, 'streamTime', () => undefined, { startMs: -1 }], 'MR_TOPOLOGY_ARGUMENT'],
  ["a clock of the JVM's name", [1, 'STREAM_TIME', () => undefined], 'MR_TOPOLOGY_ARGUMENT'],
  ['nothing to call', [1, 'wallClock', null], 'MR_TOPOLOGY_ARGUMENT'],
])('a punctuation with %s is refused', async (_name, args, code) => {
  const init = (context: ProcessorContext<never, never>): void =>
    void context.schedule(...(args as Parameters<typeof context.schedule>));
  const topology = source().addProcessor('p', () => ({ init, process: () => undefined }), { parents: 'source' });
  await expect(opened(topology)).rejects.toMatchObject({ code });
});

test('stores come with the processor that declares them, and a sink may choose its topic', async () => {
  const rows = Stores.keyValueStore({ name: 'rows', ...text });
  const writing = (): Processor<string, string, string, string> => {
    let context: ProcessorContext<string, string>;
    return {
      init: (given) => void (context = given),
      process(record) {
        context.getStateStore(rows).put(record.key, record.value);
        context.forward(record);
      },
    };
  };
  const topology = source()
    .addProcessor('one', writing, { parents: 'source', stores: [rows] })
    .addProcessor('two', writing, { parents: 'one', stores: [rows] })
    .addSink('sink', (key: string, _value: string, { topic }) => `${String(topic)}-${key}`, {
      parents: 'two',
      ...text,
    });
  const driver = await opened(topology);
  await driver.createInputTopic('in', text).pipeInput('k', 'v');
  expect(driver.getKeyValueStore('rows')?.get('k')).toBe('v');
  expect(driver.createOutputTopic('in-k', text).readKeyValuesToList()).toEqual([['k', 'v']]);
  await driver.close();
});
