/** What only shows when markers are slow, epochs run out, or the broker goes down in between. */
import { describe, expect, test } from '@jest/globals';
import { errorName } from '@millrace/protocol';
import { talk } from '../testdata/embedded.ts';
import type { Producer, Wire } from '../testdata/wire.ts';

const slow = { markerDelay: { minMs: 500, maxMs: 500 } };
const bumped = (producer: Producer): Producer => ({ ...producer, producerEpoch: producer.producerEpoch + 1 });

async function started(wire: Wire): Promise<{ topic: string; producer: Producer }> {
  return { topic: await wire.topic(), producer: await wire.init(wire.unique('id')) };
}

const commitOffset = async (wire: Wire, producer: Producer, topic: string, version = 5): Promise<string> => {
  const partitions = [{ partitionIndex: 0, committedOffset: 1 }];
  const { topics } = await wire.call('TxnOffsetCommit', version, {
    ...producer,
    groupId: 'g',
    topics: [{ name: topic, partitions }],
  });
  return errorName(topics[0]?.partitions[0]?.errorCode ?? -1);
};

const stableOffsetError = async (wire: Wire, topic: string): Promise<string> => {
  const { groups } = await wire.call('OffsetFetch', 8, {
    groups: [{ groupId: 'g', topics: [{ name: topic, partitionIndexes: [0] }] }],
    requireStable: true,
  });
  return errorName(groups[0]?.topics[0]?.partitions[0]?.errorCode ?? -1);
};

const addPartitions = async (wire: Wire, producer: Producer, topic: string): Promise<string> => {
  const { resultsByTopicV3AndBelow } = await wire.call('AddPartitionsToTxn', 3, {
    v3AndBelowTransactionalId: producer.transactionalId,
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
    v3AndBelowTopics: [{ name: topic, partitions: [0] }],
  });
  return errorName(resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode ?? -1);
};

describe('while markers are being written', () => {
  test('v2: the broker waits 100 ms inside Produce and TxnOffsetCommit, then says CONCURRENT_TRANSACTIONS', async () => {
    const answers = await talk(async (wire) => {
      const { topic, producer } = await started(wire);
      await wire.produceIn(producer, topic);
      await wire.end(producer, true);
      const since = wire.ports.clock.monotonic();
      const produced = (await wire.produceOnce(bumped(producer), topic)).error;
      const waitedMs = wire.ports.clock.monotonic() - since;
      return [produced, waitedMs, await commitOffset(wire, bumped(producer), topic)];
    }, slow);
    expect(answers).toEqual(['CONCURRENT_TRANSACTIONS', 100, 'CONCURRENT_TRANSACTIONS']);
  });

  test('v2: a wait shorter than that ends in an append', async () => {
    const answer = await talk(
      async (wire) => {
        const { topic, producer } = await started(wire);
        await wire.produceIn(producer, topic);
        await wire.end(producer, true);
        const since = wire.ports.clock.monotonic();
        return [(await wire.produceOnce(bumped(producer), topic)).error, wire.ports.clock.monotonic() - since];
      },
      { markerDelay: { minMs: 35, maxMs: 35 } },
    );
    expect(answer).toEqual(['NONE', 40]);
  });

  test('v1 clients are told to come again by errors that they know', async () => {
    const answers = await talk(async (wire) => {
      const { topic, producer } = await started(wire);
      const other = await wire.topic();
      await addPartitions(wire, producer, topic);
      await wire.end(producer, true, 4);
      return [
        await addPartitions(wire, producer, topic),
        (await wire.produceOnce(producer, other, { version: 11 })).error,
        await commitOffset(wire, producer, topic, 4),
        (await wire.endOnce(producer, true, 4)).error,
        (await wire.endOnce(producer, false, 4)).error,
        (await wire.initOnce(producer.transactionalId)).error,
      ];
    }, slow);
    expect(answers).toEqual([
      'CONCURRENT_TRANSACTIONS',
      'NOT_ENOUGH_REPLICAS',
      'COORDINATOR_NOT_AVAILABLE',
      'CONCURRENT_TRANSACTIONS',
      'CONCURRENT_TRANSACTIONS',
      'CONCURRENT_TRANSACTIONS',
    ]);
  });

  test('offsets stay unstable until their marker, long after the answer to EndTxn', async () => {
    const answers = await talk(async (wire) => {
      const { topic, producer } = await started(wire);
      await commitOffset(wire, producer, topic);
      await wire.end(producer, true);
      const early = await stableOffsetError(wire, topic);
      await wire.pass(500);
      return [early, await stableOffsetError(wire, topic)];
    }, slow);
    expect(answers).toEqual(['UNSTABLE_OFFSET_COMMIT', 'NONE']);
  });

  test('what the partition has taken before its marker belongs to the transaction', async () => {
    const answer = await talk(async (wire) => {
      const { topic, producer } = await started(wire);
      await wire.produceIn(producer, topic);
      await wire.end(producer, true);
      return wire.produceIn(producer, topic, { baseSequence: 1 });
    }, slow);
    expect(answer).toBe('NONE');
  });
});

describe('epochs', () => {
  test('run out: a new producer id at epoch 0, known by a repeated EndTxn, and the next Produce works', async () => {
    const { answer, again, first, produced } = await talk(async (wire) => {
      const { topic, producer } = await started(wire);
      let current = producer;
      while (current.producerEpoch < 32_766) current = { ...current, ...(await wire.end(current, false)) };
      await wire.produceIn(current, topic);
      const last = await wire.end(current, true);
      const repeated = await wire.endOnce(current, true);
      await wire.stable(topic, 2);
      const next = { ...current, producerId: last.producerId, producerEpoch: last.producerEpoch };
      return {
        first: producer.producerId,
        answer: last,
        again: [repeated.error, (await wire.end(current, true)).producerId === last.producerId],
        produced: await wire.produceIn(next, topic),
      };
    });
    expect(answer).toMatchObject({ error: 'NONE', producerEpoch: 0 });
    expect(answer.producerId).not.toBe(first);
    expect(again).toEqual(['CONCURRENT_TRANSACTIONS', true]);
    expect(produced).toBe('NONE');
  });

  test('of transactions v1 run out at InitProducerId', async () => {
    const ids = await talk(async (wire) => {
      const id = wire.unique('id');
      const seen = new Set<number>();
      let last = await wire.initOnce(id);
      for (let n = 0; n <= 32_767; n++) {
        last = await wire.initOnce(id);
        seen.add(last.producerId);
      }
      return [seen.size, last.producerEpoch];
    });
    expect(ids).toEqual([2, 1]);
  });
});

describe('transaction.version 1', () => {
  const v1 = { transactionVersion: 1 } as const;

  test('is told to clients', async () => {
    const features = await talk(async (wire) => (await wire.call('ApiVersions', 4, {})).finalizedFeatures, v1);
    expect(features).toEqual([{ name: 'transaction.version', maxVersionLevel: 1, minVersionLevel: 1 }]);
  });

  test('a time-out fences for good', async () => {
    const answers = await talk(async (wire) => {
      const topic = await wire.topic();
      const producer = await wire.init(wire.unique('id'), { timeoutMs: 1_000 });
      await addPartitions(wire, producer, topic);
      await wire.produceIn(producer, topic, { version: 11 });
      await wire.stable(topic, 2);
      return [
        await wire.produceIn(producer, topic, { version: 11, baseSequence: 1 }),
        (await wire.end(producer, true, 4)).error,
        (await wire.initOnce(producer.transactionalId, { as: producer })).error,
      ];
    }, v1);
    expect(answers).toEqual(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'PRODUCER_FENCED']);
  });

  test('without verification, a late Produce hangs a transaction, as in Kafka before KIP-890', async () => {
    const stable = await talk(
      async (wire, broker) => {
        const { topic, producer } = await started(wire);
        await addPartitions(wire, producer, topic);
        await wire.produceIn(producer, topic, { version: 11 });
        await wire.end(producer, true, 4);
        await wire.stable(topic, 2);
        await wire.produceIn(producer, topic, { version: 11, baseSequence: 1 });
        await wire.pass(1_000_000);
        return broker.log(topic, 0)?.lastStableOffset;
      },
      { ...v1, verifiesTransactions: false },
    );
    expect(stable).toBe(2);
  });
});

describe('a restart', () => {
  test('completes what was prepared and keeps producers, logs and offsets', async () => {
    const result = await talk(async (wire, broker) => {
      const { topic, producer } = await started(wire);
      await wire.produceIn(producer, topic, { values: ['a', 'b'] });
      await commitOffset(wire, producer, topic);
      await wire.end(producer, true);
      broker.restart();
      await wire.pass(600);
      const again = await wire.another();
      const late = await again.produceIn(producer, topic, { baseSequence: 2 });
      const next = await again.produceIn(bumped(producer), topic);
      const repeated = (await again.end(producer, true)).error;
      return [
        wire.isClosed,
        late,
        next,
        repeated,
        await stableOffsetError(again, topic),
        broker.log(topic, 0)?.endOffset,
      ];
    }, slow);
    expect(result).toEqual([true, 'INVALID_PRODUCER_EPOCH', 'NONE', 'PRODUCER_FENCED', 'NONE', 4]);
  });

  test('leaves open transactions to their time-out', async () => {
    const result = await talk(async (wire, broker) => {
      const topic = await wire.topic();
      const producer = await wire.init(wire.unique('id'), { timeoutMs: 1_000 });
      await wire.produceIn(producer, topic);
      await wire.pass(600);
      broker.restart();
      await wire.pass(350);
      const early = broker.log(topic, 0)?.lastStableOffset;
      await wire.pass(100);
      return [early, broker.log(topic, 0)?.lastStableOffset];
    });
    expect(result).toEqual([0, 2]);
  });

  test('forgets who waited', async () => {
    const result = await talk(async (wire, broker) => {
      const topic = await wire.topic();
      const reader = await wire.another();
      const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }];
      const waiting = reader.send('Fetch', 11, { maxWaitMs: 60_000, minBytes: 1, topics: [{ topic, partitions }] });
      await wire.pass(10);
      broker.restart();
      return [await waiting, reader.isClosed];
    });
    expect(result).toEqual([undefined, true]);
  });
});
