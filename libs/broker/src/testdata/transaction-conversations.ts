/**
 * What a broker answers to transactions, line by line: each conversation gives answers that are the same on a real Kafka 4.3 and
 * on the embedded broker. `transactions.test.ts` and `transactions.real.test.ts` hold both to it.
 */
import type { Producer, Wire } from './wire.ts';

export interface Conversation {
  readonly name: string;
  readonly run: (wire: Wire) => Promise<unknown>;
  readonly expected: unknown;
}

const bumped = (producer: Producer, by: number): Producer => ({ ...producer, producerEpoch: producer.producerEpoch + by });

/** An answer of EndTxn or InitProducerId against the producer before it. */
const against = (
  before: Producer,
  { error, producerId, producerEpoch }: { error: string; producerId: number; producerEpoch: number },
): [error: string, epochs: number | 'other id' | 'none'] => {
  if (producerId === -1) return [error, 'none'];
  return [error, producerId === before.producerId ? producerEpoch - before.producerEpoch : 'other id'];
};

async function started(wire: Wire, partitions = 1): Promise<{ topic: string; producer: Producer }> {
  const topic = await wire.topic(partitions);
  return { topic, producer: await wire.init(wire.unique('id')) };
}

const addPartitions = async (wire: Wire, producer: Producer, topic: string, version = 3): Promise<number> => {
  const { transactionalId, producerId, producerEpoch } = producer;
  for (;;) {
    const { resultsByTopicV3AndBelow } = await wire.call('AddPartitionsToTxn', version, {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [0] }],
    });
    const code = resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode ?? -1;
    if (code !== 51) return code;
    await wire.pass(5);
  }
};

const v2: Conversation[] = [
  {
    name: 'v2: Produce v12 needs no AddPartitionsToTxn; EndTxn keeps the id and bumps the epoch',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      const produced = await wire.produceIn(producer, topic);
      return [produced, ...against(producer, await wire.end(producer, true))];
    },
    expected: ['NONE', 'NONE', 1],
  },
  {
    name: 'v2: a commit of nothing is refused, an abort of nothing is not',
    run: async (wire) => {
      const { producer } = await started(wire);
      const commit = await wire.end(producer, true);
      const abort = await wire.end(producer, false);
      const again = await wire.end(bumped(producer, 1), true);
      return [commit.error, ...against(producer, abort), again.error];
    },
    expected: ['INVALID_TXN_STATE', 'NONE', 1, 'INVALID_TXN_STATE'],
  },
  {
    name: 'v2: the same EndTxn again gives the same answer; the other outcome is told apart',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      await wire.produceIn(producer, topic);
      await wire.end(producer, true);
      const again = await wire.end(producer, true);
      const other = await wire.end(producer, false);
      return [...against(producer, again), ...against(producer, other)];
    },
    expected: ['NONE', 1, 'INVALID_TXN_STATE', 'none'],
  },
  {
    name: 'v2: the same abort again gives the same answer; a commit then is told apart',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      await wire.produceIn(producer, topic);
      await wire.end(producer, false);
      const again = await wire.end(producer, false);
      const other = await wire.end(producer, true);
      return [...against(producer, again), other.error];
    },
    expected: ['NONE', 1, 'INVALID_TXN_STATE'],
  },
  {
    name: 'v2: a late Produce with the ended epoch is refused',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      await wire.produceIn(producer, topic);
      await wire.end(producer, true);
      await wire.stable(topic, 2);
      return wire.produceIn(producer, topic, { baseSequence: 1 });
    },
    expected: 'INVALID_PRODUCER_EPOCH',
  },
  {
    name: 'v2: the next transaction starts at sequence 0, at once: the broker waits for the markers itself',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      const errors: string[] = [];
      for (let n = 0; n < 5; n++) {
        errors.push(await wire.produceIn(bumped(producer, n), topic));
        errors.push((await wire.end(bumped(producer, n), n % 2 === 0)).error);
      }
      return [...new Set(errors)];
    },
    expected: ['NONE'],
  },
  {
    name: 'v2: a sequence other than 0 in a new epoch is out of order',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      const first = await wire.produceIn(producer, topic, { baseSequence: 3 });
      await wire.produceIn(producer, topic, { baseSequence: 0 });
      const gap = await wire.produceIn(producer, topic, { baseSequence: 2 });
      return [first, gap];
    },
    expected: ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
  },
  {
    name: 'a second InitProducerId aborts what is open: CONCURRENT_TRANSACTIONS, then the epoch after next',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      await wire.produceIn(producer, topic);
      const first = await wire.initOnce(producer.transactionalId);
      const next = await wire.init(producer.transactionalId);
      await wire.stable(topic, 2);
      return [first.error, next.producerId === producer.producerId, next.producerEpoch - producer.producerEpoch];
    },
    expected: ['CONCURRENT_TRANSACTIONS', true, 2],
  },
  {
    name: 'v2: a zombie gets 47 for Produce, 90 for EndTxn and InitProducerId',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      await wire.produceIn(producer, topic);
      await wire.init(producer.transactionalId);
      await wire.stable(topic, 2);
      return [
        await wire.produceIn(producer, topic, { baseSequence: 1 }),
        (await wire.end(producer, true)).error,
        (await wire.end(producer, false)).error,
        (await wire.initOnce(producer.transactionalId, { as: producer })).error,
      ];
    },
    expected: ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
  },
  {
    name: 'v2: a zombie of an idle producer gets the same',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      await wire.init(producer.transactionalId);
      return [
        await wire.produceIn(producer, topic),
        (await wire.end(producer, true)).error,
        (await wire.end(producer, false)).error,
        (await wire.initOnce(producer.transactionalId, { as: producer })).error,
      ];
    },
    expected: ['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'PRODUCER_FENCED', 'PRODUCER_FENCED'],
  },
  {
    name: 'older clients know a fence by 47 only',
    run: async (wire) => {
      const { producer } = await started(wire);
      await wire.init(producer.transactionalId);
      return [
        (await wire.end(producer, false, 1)).error,
        (await wire.initOnce(producer.transactionalId, { as: producer, version: 3 })).error,
        await addPartitions(wire, producer, await wire.topic(), 1),
        await addPartitions(wire, producer, await wire.topic(), 3),
      ];
    },
    expected: ['INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_EPOCH', 47, 90],
  },
  {
    name: 'a producer that asks for its next epoch itself gets it, and the same again when it repeats (KIP-360)',
    run: async (wire) => {
      const { producer } = await started(wire);
      const once = await wire.initOnce(producer.transactionalId, { as: producer });
      const twice = await wire.initOnce(producer.transactionalId, { as: producer });
      const foreign = await wire.initOnce(producer.transactionalId, { as: { ...producer, producerId: 1 << 30 } });
      return [...against(producer, once), ...against(producer, twice), foreign.error];
    },
    expected: ['NONE', 1, 'NONE', 1, 'PRODUCER_FENCED'],
  },
  {
    name: 'Produce v11 without AddPartitionsToTxn is abortable, v10 and v9 are told the state',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      const answers: string[] = [];
      for (const version of [11, 10, 9]) answers.push(await wire.produceIn(producer, topic, { version }));
      return answers;
    },
    expected: ['TRANSACTION_ABORTABLE', 'INVALID_TXN_STATE', 'INVALID_TXN_STATE'],
  },
  {
    name: 'v2: what timed out is 47 for Produce, 48 for a commit, and goes on after InitProducerId with its own epoch',
    run: async (wire) => {
      const topic = await wire.topic();
      const producer = await wire.init(wire.unique('id'), { timeoutMs: 1_000 });
      await wire.produceIn(producer, topic);
      await wire.stable(topic, 2);
      const produced = await wire.produceIn(producer, topic, { baseSequence: 1 });
      const commit = await wire.end(producer, true);
      const next = await wire.initOnce(producer.transactionalId, { as: producer, timeoutMs: 1_000 });
      return [produced, commit.error, ...against(producer, next), await wire.produceIn(bumped(producer, 1), topic)];
    },
    expected: ['INVALID_PRODUCER_EPOCH', 'INVALID_TXN_STATE', 'NONE', 1, 'NONE'],
  },
  {
    name: 'v2: an abort of what timed out is answered as if it had been asked for',
    run: async (wire) => {
      const topic = await wire.topic();
      const producer = await wire.init(wire.unique('id'), { timeoutMs: 1_000 });
      await wire.produceIn(producer, topic);
      await wire.stable(topic, 2);
      return against(producer, await wire.end(producer, false));
    },
    expected: ['NONE', 1],
  },
  {
    name: 'a transactional id that is not known, and a producer id that is another one',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      const nobody = { ...producer, transactionalId: wire.unique('nobody') };
      const other = { ...producer, producerId: producer.producerId + 1_000_000 };
      return [
        (await wire.end(nobody, true)).error,
        (await wire.end(other, true)).error,
        await wire.produceIn(nobody, topic),
        await wire.produceIn(other, topic),
        await addPartitions(wire, other, topic),
      ];
    },
    expected: [
      'INVALID_PRODUCER_ID_MAPPING',
      'INVALID_PRODUCER_ID_MAPPING',
      'INVALID_PRODUCER_ID_MAPPING',
      'INVALID_PRODUCER_ID_MAPPING',
      49,
    ],
  },
  {
    name: 'time-outs must be positive and below the maximum; an empty transactional id is not one',
    run: async (wire) => [
      (await wire.initOnce(wire.unique('id'), { timeoutMs: 0 })).error,
      (await wire.initOnce(wire.unique('id'), { timeoutMs: 900_001 })).error,
      (await wire.initOnce('')).error,
    ],
    expected: ['INVALID_TRANSACTION_TIMEOUT', 'INVALID_TRANSACTION_TIMEOUT', 'INVALID_REQUEST'],
  },
];

const v1: Conversation[] = [
  {
    name: 'v1: AddPartitionsToTxn, Produce v11, EndTxn v4; the epoch stays',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      const answers: unknown[] = [];
      for (let n = 0; n < 3; n++) {
        answers.push(await addPartitions(wire, producer, topic));
        answers.push(await wire.produceIn(producer, topic, { version: 11, baseSequence: n }));
        answers.push((await wire.end(producer, n !== 1, 4)).error);
      }
      return [...new Set(answers)];
    },
    expected: [0, 'NONE'],
  },
  {
    name: 'v1: a late Produce v11 after EndTxn is abortable, not hanging',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      await addPartitions(wire, producer, topic);
      await wire.produceIn(producer, topic, { version: 11 });
      await wire.end(producer, true, 4);
      await wire.stable(topic, 2);
      return wire.produceIn(producer, topic, { version: 11, baseSequence: 1 });
    },
    expected: 'TRANSACTION_ABORTABLE',
  },
  {
    name: 'v1: a late EndTxn ends the next transaction (KAFKA-17754)',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      await addPartitions(wire, producer, topic);
      await wire.produceIn(producer, topic, { version: 11 });
      await wire.end(producer, true, 4);
      await wire.stable(topic, 2);
      await addPartitions(wire, producer, topic);
      await wire.produceIn(producer, topic, { version: 11, baseSequence: 1 });
      const late = await wire.end(producer, true, 4);
      await wire.stable(topic, 4);
      return late.error;
    },
    expected: 'NONE',
  },
  {
    name: 'v1: EndTxn again, after the markers',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      await addPartitions(wire, producer, topic);
      await wire.produceIn(producer, topic, { version: 11 });
      await wire.end(producer, true, 4);
      await wire.stable(topic, 2);
      return [(await wire.end(producer, true, 4)).error, (await wire.end(producer, false, 4)).error];
    },
    expected: ['NONE', 'INVALID_TXN_STATE'],
  },
  {
    name: 'v1: EndTxn of nothing',
    run: async (wire) => {
      const { producer } = await started(wire);
      return [(await wire.end(producer, true, 4)).error, (await wire.end(producer, false, 4)).error];
    },
    expected: ['INVALID_TXN_STATE', 'INVALID_TXN_STATE'],
  },
  {
    name: 'AddPartitionsToTxn takes all partitions or none',
    run: async (wire) => {
      const { topic, producer } = await started(wire);
      const { resultsByTopicV3AndBelow } = await wire.call('AddPartitionsToTxn', 3, {
        v3AndBelowTransactionalId: producer.transactionalId,
        v3AndBelowProducerId: producer.producerId,
        v3AndBelowProducerEpoch: producer.producerEpoch,
        v3AndBelowTopics: [{ name: topic, partitions: [0, 7] }],
      });
      return resultsByTopicV3AndBelow[0]?.resultsByPartition
        .map(({ partitionIndex, partitionErrorCode }) => [partitionIndex, partitionErrorCode])
        .sort();
    },
    expected: [
      [0, 55],
      [7, 3],
    ],
  },
];

export const transactionConversations: readonly Conversation[] = [...v2, ...v1];
