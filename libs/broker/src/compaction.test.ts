/** Compaction and retention through the protocol: what a reader finds afterwards. */
import { Buffer } from 'node:buffer';
import { describe, expect, test } from '@jest/globals';
import { BatchBuilder, RecordColumns, decodeBatch, forEachBatch, type CompressionName } from '@millrace/protocol';
import type { Broker } from './broker.ts';
import { talk } from './testdata/embedded.ts';
import type { Wire } from './testdata/wire.ts';

type Entry = readonly [key: string, value: string | null];

/** Every batch a segment of its own; the last one is never compacted. */
const compacted = {
  'cleanup.policy': 'compact',
  'segment.bytes': '1',
  'min.cleanable.dirty.ratio': '0',
  'delete.retention.ms': '1000',
};

async function put(wire: Wire, topic: string, entries: readonly Entry[], compression: CompressionName = 'none') {
  const builder = new BatchBuilder({ compression });
  for (const [key, value] of entries)
    builder.append(Buffer.from(key), value === null ? null : Buffer.from(value), wire.ports.clock.now());
  await wire.produceBytes(topic, builder.build());
}

/** Key, value and offset of every record; markers by name. */
function contents(broker: Broker, topic: string): string[] {
  const found: string[] = [];
  for (const bytes of broker.log(topic, 0)?.batches() ?? []) {
    forEachBatch(bytes, (header) => {
      const columns = new RecordColumns();
      decodeBatch(bytes, header, columns);
      for (let i = 0; i < columns.count; i++) {
        const text = header.isControl ? 'marker' : `${String(columns.key(i))}=${String(columns.value(i))}`;
        found.push(`${columns.offset(i)} ${text}`);
      }
    });
  }
  return found;
}

describe('compaction', () => {
  test.each(['none', 'gzip', 'snappy', 'lz4'] as const)(
    'keeps the latest of each key at its offset, with %s',
    async (compression) => {
      const log = await talk(async (wire, broker) => {
        const topic = await wire.topic(1, compacted);
        await put(
          wire,
          topic,
          [
            ['a', '1'],
            ['b', '1'],
            ['c', '1'],
          ],
          compression,
        );
        await put(
          wire,
          topic,
          [
            ['a', '2'],
            ['a', '3'],
          ],
          compression,
        );
        await put(wire, topic, [['b', '2']], compression);
        await put(wire, topic, [['c', 'active']], compression);
        broker.cleanUp();
        broker.cleanUp();
        return [contents(broker, topic), broker.log(topic, 0)?.endOffset];
      });
      // The segment that is written does not count: c@2 is the latest of those that may be compacted.
      expect(log).toEqual([['2 c=1', '4 a=3', '5 b=2', '6 c=active'], 7]);
    },
  );

  test('lets tombstones go some time after the first compaction that met them', async () => {
    const steps = await talk(async (wire, broker) => {
      const topic = await wire.topic(1, compacted);
      await put(wire, topic, [
        ['a', '1'],
        ['b', '1'],
      ]);
      await put(wire, topic, [['a', null]]);
      await put(wire, topic, [['x', '1']]);
      broker.cleanUp();
      const first = contents(broker, topic);
      await wire.pass(999);
      await put(wire, topic, [['x', '2']]);
      broker.cleanUp();
      const early = contents(broker, topic);
      await wire.pass(1);
      await put(wire, topic, [['x', '3']]);
      broker.cleanUp();
      return [first, early, contents(broker, topic)];
    });
    expect(steps).toEqual([
      ['1 b=1', '2 a=null', '3 x=1'],
      ['1 b=1', '2 a=null', '3 x=1', '4 x=2'],
      ['1 b=1', '4 x=2', '5 x=3'],
    ]);
  });

  test('does not pass the last stable offset', async () => {
    const log = await talk(async (wire, broker) => {
      const topic = await wire.topic(1, compacted);
      await put(wire, topic, [['a', '1']]);
      await put(wire, topic, [['a', '2']]);
      await wire.produceIn(await wire.init('id'), topic, { key: 'b', values: ['open'] });
      await put(wire, topic, [['a', '3']]);
      await put(wire, topic, [['a', '4']]);
      broker.cleanUp();
      return contents(broker, topic);
    });
    expect(log).toEqual(['1 a=2', '2 b=open', '3 a=3', '4 a=4']);
  });

  test('drops aborted records and with them their markers, keeps markers of records that stay', async () => {
    const [log, aborted] = await talk(async (wire, broker) => {
      const topic = await wire.topic(1, compacted);
      const producer = await wire.init('id');
      await put(wire, topic, [['a', 'plain']]);
      await wire.produceIn(producer, topic, { key: 'a', values: ['aborted'] });
      await wire.end(producer, false);
      const next = { ...producer, producerEpoch: producer.producerEpoch + 1 };
      await wire.produceIn(next, topic, { key: 'b', values: ['committed'] });
      await wire.end(next, true);
      await wire.stable(topic, 5);
      await put(wire, topic, [['x', '1']]);
      broker.cleanUp();
      await wire.pass(1_000);
      await put(wire, topic, [['x', '2']]);
      broker.cleanUp();
      const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 10_000 }];
      const answer = await wire.call('Fetch', 11, { isolationLevel: 1, topics: [{ topic, partitions }] });
      return [contents(broker, topic), answer.responses[0]?.partitions[0]?.abortedTransactions];
    });
    expect(log).toEqual(['0 a=plain', '3 b=committed', '4 marker', '5 x=1', '6 x=2']);
    expect(aborted).toEqual([]);
  });

  test('waits until enough is dirty, and for records to be old enough', async () => {
    const sizes = await talk(async (wire, broker) => {
      const lazy = await wire.topic(1, { ...compacted, 'min.cleanable.dirty.ratio': '0.9' });
      const young = await wire.topic(1, { ...compacted, 'min.compaction.lag.ms': '1000' });
      for (const topic of [lazy, young]) for (const value of ['1', '2', '3']) await put(wire, topic, [['a', value]]);
      broker.cleanUp();
      const first = [contents(broker, lazy).length, contents(broker, young).length];
      await put(wire, lazy, [['a', '4']]);
      await wire.pass(1_001);
      broker.cleanUp();
      return [first, [contents(broker, lazy).length, contents(broker, young).length]];
    });
    expect(sizes).toEqual([
      [2, 3],
      [3, 2],
    ]);
  });
});

describe('retention', () => {
  test('by time goes by the event time of whole segments, the last one included', async () => {
    const result = await talk(async (wire, broker) => {
      const topic = await wire.topic(1, { 'retention.ms': '1000', 'segment.bytes': '1' });
      const now = wire.ports.clock.now();
      await wire.produce(topic, { values: ['old'], timestamp: now - 2_000 });
      await wire.produce(topic, { values: ['new'], timestamp: now });
      broker.cleanUp();
      const first = broker.log(topic, 0)?.startOffset;
      await wire.pass(1_001);
      broker.cleanUp();
      return [
        first,
        broker.log(topic, 0)?.startOffset,
        broker.log(topic, 0)?.endOffset,
        (await wire.produce(topic)).baseOffset,
      ];
    });
    expect(result).toEqual([1, 2, 2, 2]);
  });

  test('by size drops the oldest segments, and runs by itself', async () => {
    const result = await talk(
      async (wire, broker) => {
        const topic = await wire.topic(1, { 'retention.bytes': '200', 'segment.bytes': '1' });
        for (let n = 0; n < 10; n++) await wire.produce(topic, { values: ['x'.repeat(20)] });
        await wire.pass(1_000);
        const offset = broker.log(topic, 0)?.startOffset ?? -1;
        const sizes = [...(broker.log(topic, 0)?.batches() ?? [])].map((bytes) => bytes.length);
        return [offset, sizes.length, sizes.reduce((a, b) => a + b) >= 200];
      },
      { cleanupIntervalMs: 1_000 },
    );
    expect(result).toEqual([7, 3, true]);
  });
});
