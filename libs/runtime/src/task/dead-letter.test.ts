import { expect, test } from '@jest/globals';
import { millraceError, silentLogger, type Logger } from '@millrace/base';
import { StreamsBuilder } from '@millrace/dsl';
import type { FetchedBatch, Header } from '@millrace/ports';
import { partitionForKey } from '@millrace/protocol';
import { Serdes, type Serde } from '@millrace/serde';
import { stateMemory } from '@millrace/state';
import { memoryEngines } from '@millrace/store-memory';
import { subtopologies } from '@millrace/topology';
import type { StreamTask } from './stream-task.ts';
import { TaskMetrics } from './task-metrics.ts';
import type { TaskOptions } from './task-options.ts';
import { createTask } from './task.ts';
import { handClock } from '../testdata/task-harness.ts';

interface Sent {
  readonly topic: string;
  readonly partition: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly timestamp: number;
  readonly headers: Readonly<Record<string, string>>;
}

type Given = readonly [key: string | null, value: Buffer];

const dead = { topic: 'dead', batchBytesMax: 1_048_588 };
const eight = Buffer.alloc(8);
const three = Buffer.from('abc');

const bytesOf = (key: string | null): Buffer | null => (key === null ? null : Buffer.from(key));

function batch(records: readonly Given[]): FetchedBatch {
  return {
    topic: 'in',
    partition: 2,
    count: records.length,
    nextOffset: 41 + records.length,
    leaderEpoch: 0,
    offset: (i) => 41 + i,
    timestamp: (i) => 1_000 + i,
    key: (i) => bytesOf(records[i]?.[0] ?? null),
    value: (i) => records[i]?.[1] ?? null,
    headers: () => [{ key: 'trace', value: Buffer.from('t1') }],
  };
}

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());

const named = (headers: readonly Header[]): Record<string, string> =>
  Object.fromEntries(headers.map(({ key, value }) => [key, text(value) ?? '']));

async function run(
  policy: Pick<TaskOptions, 'deserializationHandler' | 'deadLetters'>,
  { value = Serdes.long(), logger = silentLogger }: { readonly value?: Serde<number>; readonly logger?: Logger } = {},
): Promise<{ task: StreamTask; sent: Sent[]; metrics: TaskMetrics }> {
  const builder = new StreamsBuilder();
  builder.stream('in', { key: Serdes.string(), value }).to('out', { key: Serdes.string(), value: Serdes.long() });
  const program = builder.build();
  const sent: Sent[] = [];
  const metrics = new TaskMetrics();
  const task = createTask({
    id: { subtopology: 0, partition: 2 },
    program,
    subtopology: subtopologies(program.topology)[0] as never,
    applicationId: 'app',
    inputs: [{ topic: 'in', partition: 2 }],
    engines: memoryEngines(),
    collector: {
      append: (topic, partition, key, bytes, timestamp, headers = []) =>
        void sent.push({
          topic,
          partition,
          key: text(key),
          value: text(bytes),
          timestamp: timestamp ?? -1,
          headers: named(headers),
        }),
      partitionCount: (topic) => (topic === 'dead' ? 3 : 8),
      endOffset: () => undefined,
    },
    registry: undefined,
    logger,
    metrics,
    clock: handClock(),
    memory: stateMemory(),
    ...policy,
  });
  await task.open();
  return { task, sent, metrics };
}

test('the application stops at the record, with its position and how to go on', async () => {
  const { task, sent } = await run({ deserializationHandler: 'fail', deadLetters: dead });
  task.accept(batch([['a', three]]));
  expect(() => task.process(1)).toThrow(
    expect.objectContaining({
      code: 'MR_RUNTIME_UNDECODABLE',
      severity: 'record',
      message: expect.stringContaining('in-2 offset 41'),
      remedy: expect.stringContaining('--topic in:2 --reset-offsets --to-offset 42'),
    }),
  );
  // With exactly once it goes with the transaction.
  expect(sent).toMatchObject([{ topic: 'dead', key: 'a', value: 'abc', headers: { '__streams.errors.offset': '41' } }]);
});

test('without a topic the application stops without a letter', async () => {
  const { task, sent } = await run({ deserializationHandler: 'fail' });
  task.accept(batch([['a', three]]));
  expect(() => task.process(1)).toThrow(expect.objectContaining({ code: 'MR_RUNTIME_UNDECODABLE' }));
  expect(sent).toEqual([]);
});

test('passed over, it is counted and told with its position, and its offset is committed', async () => {
  const lines: string[] = [];
  const logger: Logger = {
    log: (level, line, fields) => void lines.push(`${level} ${line} ${JSON.stringify(fields)}`),
  };
  const { task, sent, metrics } = await run({ deserializationHandler: 'log-and-continue' }, { logger });
  task.accept(
    batch([
      ['a', three],
      ['b', eight],
    ]),
  );
  expect(task.process(10)).toBe(2);
  expect(sent.map(({ topic, key }) => [topic, key])).toEqual([['out', 'b']]);
  expect([...metrics.droppedBy]).toEqual([['in: undecodable', 1]]);
  expect(lines).toEqual([expect.stringMatching(/^warn .*in-2 offset 41.*"offset":41/)]);
  expect(task.offsets()).toEqual([expect.objectContaining({ topic: 'in', partition: 2, offset: 43 })]);
});

test.each(['dead-letter', 'log-and-continue'] as const)(
  'with %s and a topic it is kept there as it came, with the reason in the headers of the JVM library',
  async (deserializationHandler) => {
    const { task, sent } = await run({ deserializationHandler, deadLetters: dead });
    task.accept(
      batch([
        ['a', three],
        [null, three],
        ['b', eight],
      ]),
    );
    expect(task.process(10)).toBe(3);
    expect(sent.map(({ topic }) => topic)).toEqual(['dead', 'dead', 'out']);
    expect(sent[0]).toMatchObject({
      partition: partitionForKey(Buffer.from('a'), 3),
      key: 'a',
      value: 'abc',
      timestamp: 1_000,
    });
    expect(sent[0]?.headers).toEqual({
      trace: 't1',
      '__streams.errors.exception': 'org.apache.kafka.common.errors.SerializationException',
      '__streams.errors.message': 'Size of data received by LongDeserializer is not 8',
      '__streams.errors.stacktrace': expect.stringContaining('MillraceError'),
      '__streams.errors.topic': 'in',
      '__streams.errors.partition': '2',
      '__streams.errors.offset': '41',
    });
    expect(sent[1]).toMatchObject({ partition: 2, key: null });
    expect(sent[2]?.headers).toEqual({ trace: 't1' });
  },
);

test('what is not the record’s fault is never passed over', async () => {
  const broken: Serde<number> = {
    ...Serdes.long(),
    deserialize: (topic) => {
      throw millraceError('MR_SERDE_NOT_OPEN', { serde: 'own', topic });
    },
  };
  const { task, sent } = await run({ deserializationHandler: 'dead-letter', deadLetters: dead }, { value: broken });
  task.accept(batch([['a', eight]]));
  expect(() => task.process(1)).toThrow(expect.objectContaining({ code: 'MR_SERDE_NOT_OPEN' }));
  expect(sent).toEqual([]);
});

test('where the topic takes less, the value is cut and the reason is kept', async () => {
  const deadLetters = { ...dead, batchBytesMax: 3_000 };
  const { task, sent } = await run({ deserializationHandler: 'dead-letter', deadLetters });
  task.accept(batch([['a', Buffer.alloc(5_000)]]));
  task.process(1);
  expect(sent[0]?.value?.length).toBeLessThan(3_000);
  expect(sent[0]?.headers).toMatchObject({
    '__streams.errors.cut': expect.stringMatching(/^value: \d+ of 5000 bytes/),
    '__streams.errors.message': 'Size of data received by LongDeserializer is not 8',
    '__streams.errors.offset': '41',
  });
});
