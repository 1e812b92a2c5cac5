/** Producing, reading, offsets and topics: the same answers from a real Kafka 4.3 and from the embedded broker. */
import { Buffer } from 'node:buffer';
import {
  BatchBuilder,
  RecordColumns,
  crc32c,
  decodeBatch,
  encodeControlBatch,
  errorName,
  forEachBatch,
  type ProducerStamp,
} from '@millrace/protocol';
import type { Conversation } from './transaction-conversations.ts';
import type { RequestBody, Wire } from './wire.ts';

const now = 1_767_225_600_000;
const unknownId = 'AAAAAAAAAAAAAAAAAAAAAg';

const batch = (values: readonly (string | null)[], stamp: ProducerStamp = {}, key: string | null = 'k', timestamp = 1): Buffer => {
  const builder = new BatchBuilder();
  for (const value of values)
    builder.append(key === null ? null : Buffer.from(key), value === null ? null : Buffer.from(value), timestamp);
  return Buffer.from(builder.build(stamp));
};

/** The batch with something changed that its CRC agrees with. */
const withCrc = (bytes: Buffer, spoil: (bytes: Buffer) => void): Buffer =>
  spoilt(bytes, (copy) => {
    spoil(copy);
    copy.writeUInt32BE(crc32c(copy, 21), 17);
  });

/** The batch with something changed. */
const spoilt = (bytes: Buffer, spoil: (bytes: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes);
  spoil(copy);
  return copy;
};

type FetchBody = RequestBody<'Fetch'>;

interface Read {
  readonly offset?: number;
  readonly isolation?: 0 | 1;
  readonly version?: number;
  readonly maxBytes?: number;
  readonly partitionMaxBytes?: number;
  readonly more?: Partial<FetchBody>;
}

const fetch = async (wire: Wire, topic: string, read: Read = {}) => {
  const { offset = 0, isolation = 0, version = 11, maxBytes = 1_000_000, partitionMaxBytes = 1_000_000, more } = read;
  const partitions = [{ partition: 0, fetchOffset: offset, partitionMaxBytes }];
  const answer = await wire.call('Fetch', version, {
    maxWaitMs: 200,
    minBytes: 1,
    maxBytes,
    isolationLevel: isolation,
    topics: [{ topic, partitions }],
    ...more,
  });
  const partition = answer.responses[0]?.partitions[0];
  return {
    error: errorName(partition?.errorCode ?? answer.errorCode),
    high: partition?.highWatermark,
    stable: partition?.lastStableOffset,
    start: partition?.logStartOffset,
    aborted: partition?.abortedTransactions?.map(({ firstOffset }) => firstOffset) ?? null,
    values: valuesOf(partition?.records ?? null),
  };
};

const valuesOf = (records: Buffer | null): string[] => {
  const values: string[] = [];
  if (records === null) return values;
  forEachBatch(records, (header) => {
    const columns = new RecordColumns();
    decodeBatch(records, header, columns);
    for (let i = 0; i < columns.count; i++)
      values.push(header.isControl ? `marker@${columns.offset(i)}` : `${String(columns.value(i))}@${columns.offset(i)}`);
  });
  return values;
};

const listed = async (wire: Wire, topic: string, timestamp: number, isolationLevel = 0) => {
  const { topics } = await wire.call('ListOffsets', 7, {
    isolationLevel,
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }],
  });
  const [found] = topics[0]?.partitions ?? [];
  return [errorName(found?.errorCode ?? -1), found?.offset, found?.timestamp];
};

const producing: Conversation[] = [
  {
    name: 'an idempotent producer: repetitions are answered as the first time, gaps and old epochs are refused',
    run: async (wire) => {
      const topic = await wire.topic();
      const { producerId, producerEpoch } = await wire.call('InitProducerId', 4, { transactionalId: null });
      const send = (baseSequence: number, values: string[], epoch = producerEpoch) =>
        wire.produce(topic, { producerId, producerEpoch: epoch, baseSequence, values });
      return [
        await send(0, ['a', 'b']),
        await send(2, ['c']),
        await send(0, ['a', 'b']),
        await send(4, ['gap']),
        await send(3, ['d'], 1),
        await send(0, ['e'], 1),
        await send(3, ['old']),
        await send(1, ['f'], 1),
        await send(1, ['f'], 1),
        await send(1, ['f', 'g'], 1),
      ];
    },
    expected: [
      { error: 'NONE', baseOffset: 0 },
      { error: 'NONE', baseOffset: 2 },
      { error: 'NONE', baseOffset: 0 },
      { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1 },
      { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1 },
      { error: 'NONE', baseOffset: 3 },
      { error: 'INVALID_PRODUCER_EPOCH', baseOffset: -1 },
      { error: 'NONE', baseOffset: 4 },
      { error: 'NONE', baseOffset: 4 },
      { error: 'OUT_OF_ORDER_SEQUENCE_NUMBER', baseOffset: -1 },
    ],
  },
  {
    name: 'only the last five batches are remembered; an idempotent producer may start at any sequence',
    run: async (wire) => {
      const topic = await wire.topic();
      const { producerId, producerEpoch } = await wire.call('InitProducerId', 4, { transactionalId: null });
      const send = (baseSequence: number) => wire.produce(topic, { producerId, producerEpoch, baseSequence });
      const offsets: unknown[] = [];
      for (let n = 7; n < 13; n++) offsets.push((await send(n)).baseOffset);
      return [...offsets, (await send(8)).baseOffset, (await send(7)).error];
    },
    expected: [0, 1, 2, 3, 4, 5, 1, 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
  },
  {
    name: 'sequences wrap at 2^31',
    run: async (wire) => {
      const topic = await wire.topic();
      const { producerId, producerEpoch } = await wire.call('InitProducerId', 4, { transactionalId: null });
      const send = (baseSequence: number, values: string[]) =>
        wire.produce(topic, { producerId, producerEpoch, baseSequence, values });
      return [
        (await send(0x7fff_fffe, ['a'])).error,
        (await send(0x7fff_ffff, ['b', 'c'])).error,
        (await send(1, ['d'])).error,
        await send(0x7fff_ffff, ['b', 'c']),
      ];
    },
    expected: ['NONE', 'NONE', 'NONE', { error: 'NONE', baseOffset: 1 }],
  },
  {
    name: 'what cannot be right is refused: CRC, control batches, nothing, two batches, a half, counts, garbage',
    run: async (wire) => {
      const topic = await wire.topic();
      const good = batch(['a', 'b']);
      const marker = encodeControlBatch({ type: 'COMMIT', producerId: 1, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 1 });
      const answers: string[] = [];
      for (const records of [
        spoilt(good, (bytes) => bytes.writeUInt8(bytes.readUInt8(70) ^ 1, 70)),
        marker,
        Buffer.alloc(0),
        Buffer.concat([good, good]),
        good.subarray(0, good.length - 5),
        good.subarray(0, 10),
        withCrc(good, (bytes) => bytes.writeInt32BE(3, 57)),
      ])
        answers.push((await wire.produceBytes(topic, records)).error);
      return [...answers, await listed(wire, topic, -1)];
    },
    expected: [
      'CORRUPT_MESSAGE',
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
      'INVALID_RECORD',
      'INVALID_RECORD',
      'INVALID_RECORD',
      'INVALID_RECORD',
      'INVALID_RECORD',
      ['NONE', 0, -1],
    ],
  },
  {
    name: 'limits: size, partition, topic, acks, times in the future',
    run: async (wire) => {
      const topic = await wire.topic(1, { 'max.message.bytes': '200' });
      return [
        (await wire.produce(topic, { values: ['x'.repeat(300)] })).error,
        (await wire.produce(topic, { partition: 3 })).error,
        (await wire.produce(wire.unique('missing'))).error,
        (await wire.produce(topic, { acks: 2 })).error,
        (await wire.produce(topic, { timestamp: 4_102_444_800_000 })).error,
        (await wire.produce(topic, { timestamp: -1 })).error,
      ];
    },
    expected: [
      'MESSAGE_TOO_LARGE',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_REQUIRED_ACKS',
      'INVALID_TIMESTAMP',
      'NONE',
    ],
  },
  {
    name: 'a compacted topic takes no records without a key',
    run: async (wire) => {
      const topic = await wire.topic(1, { 'cleanup.policy': 'compact' });
      return [
        (await wire.produceBytes(topic, batch(['a'], {}, null))).error,
        (await wire.produceBytes(topic, batch([null]))).error,
      ];
    },
    expected: ['INVALID_RECORD', 'NONE'],
  },
  {
    name: 'LogAppendTime replaces the times of records',
    run: async (wire) => {
      const topic = await wire.topic(1, { 'message.timestamp.type': 'LogAppendTime' });
      await wire.produce(topic, { values: ['a', 'b'], timestamp: 1 });
      const [error, offset, timestamp] = await listed(wire, topic, now - 1_000_000_000);
      const read = await fetch(wire, topic);
      return [error, offset, typeof timestamp === 'number' && timestamp > now - 1_000_000_000, read.values];
    },
    expected: ['NONE', 0, true, ['a@0', 'b@1']],
  },
  {
    name: 'topics by id from Produce 13 and Fetch 13 on',
    run: async (wire) => {
      const topic = await wire.topic();
      const metadata = await wire.call('Metadata', 12, { topics: [{ name: topic }] });
      const topicId = metadata.topics[0]?.topicId ?? '';
      const produced = [];
      for (const id of [topicId, unknownId]) {
        const { responses } = await wire.call('Produce', 13, {
          acks: -1,
          timeoutMs: 1_000,
          topicData: [{ topicId: id, partitionData: [{ index: 0, records: batch(['a']) }] }],
        });
        produced.push(errorName(responses[0]?.partitionResponses[0]?.errorCode ?? -1));
      }
      const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }];
      const read = (id: string) => fetch(wire, topic, { version: 17, more: { topics: [{ topicId: id, partitions }] } });
      return [...produced, (await read(topicId)).values, (await read(unknownId)).error];
    },
    expected: ['NONE', 'UNKNOWN_TOPIC_ID', ['a@0'], 'UNKNOWN_TOPIC_ID'],
  },
];

const reading: Conversation[] = [
  {
    name: 'a fetch gives whole batches, at least one, and as many as fit',
    run: async (wire) => {
      const topic = await wire.topic();
      for (const value of ['a', 'b', 'c']) await wire.produceBytes(topic, batch([value, value]));
      return [
        (await fetch(wire, topic, { offset: 1 })).values,
        (await fetch(wire, topic, { partitionMaxBytes: 1 })).values,
        (await fetch(wire, topic, { offset: 2, maxBytes: 1 })).values,
        (await fetch(wire, topic, { partitionMaxBytes: 170 })).values,
        (await fetch(wire, topic, { offset: 6 })).values,
        (await fetch(wire, topic, { offset: 7 })).error,
        (await fetch(wire, wire.unique('missing'))).error,
      ];
    },
    expected: [
      ['a@0', 'a@1', 'b@2', 'b@3', 'c@4', 'c@5'],
      ['a@0', 'a@1'],
      ['b@2', 'b@3'],
      ['a@0', 'a@1', 'b@2', 'b@3'],
      [],
      'OFFSET_OUT_OF_RANGE',
      'UNKNOWN_TOPIC_OR_PARTITION',
    ],
  },
  {
    name: 'read_committed ends at the oldest open transaction; the list of aborted ones is complete',
    run: async (wire) => {
      const topic = await wire.topic();
      const [a, b] = [await wire.init(wire.unique('a')), await wire.init(wire.unique('b'))];
      await wire.produceIn(a, topic, { values: ['a0'] });
      await wire.produceIn(b, topic, { values: ['b1'] });
      await wire.produceIn(a, topic, { values: ['a2'], baseSequence: 1 });
      await wire.produce(topic, { values: ['plain3'] });
      const open = await fetch(wire, topic, { isolation: 1 });
      await wire.end(a, false);
      await wire.stable(topic, 1);
      const half = await fetch(wire, topic, { isolation: 1 });
      const [, latest] = await listed(wire, topic, -1, 1);
      await wire.end(b, false);
      await wire.stable(topic, 6);
      const uncommitted = await fetch(wire, topic);
      const all = [];
      for (let offset = 0; offset < 6; offset++) {
        const { aborted } = await fetch(wire, topic, { isolation: 1, offset });
        all.push(aborted);
      }
      return [open, half, latest, uncommitted, ...all];
    },
    expected: [
      { error: 'NONE', high: 4, stable: 0, start: 0, aborted: [], values: [] },
      { error: 'NONE', high: 5, stable: 1, start: 0, aborted: [0], values: ['a0@0'] },
      1,
      {
        error: 'NONE',
        high: 6,
        stable: 6,
        start: 0,
        aborted: null,
        values: ['a0@0', 'b1@1', 'a2@2', 'plain3@3', 'marker@4', 'marker@5'],
      },
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
      [1],
    ],
  },
  {
    name: 'a waiting fetch is woken by what it waits for, and by a marker if it reads committed records',
    run: async (wire) => {
      const topic = await wire.topic();
      const reader = await wire.another();
      const more = { maxWaitMs: 20_000 };
      const plain = fetch(reader, topic, { more });
      await wire.pass(50);
      await wire.produce(topic, { values: ['a'] });
      const first = await plain;
      const producer = await wire.init(wire.unique('id'));
      const committed = fetch(reader, topic, { offset: 1, isolation: 1, more });
      await wire.produceIn(producer, topic, { values: ['b'] });
      await wire.pass(50);
      await wire.end(producer, true);
      const second = await committed;
      reader.close();
      return [first.values, second.values.slice(0, 1)];
    },
    expected: [['a@0'], ['b@1']],
  },
  {
    name: 'a session that was not made is not known',
    run: async (wire) => {
      const topic = await wire.topic();
      const more = { sessionId: 7, sessionEpoch: 3 };
      return (await fetch(wire, topic, { more })).error;
    },
    expected: 'FETCH_SESSION_ID_NOT_FOUND',
  },
  {
    name: 'offsets by time, earliest, latest, and of the latest time',
    run: async (wire) => {
      const topic = await wire.topic();
      for (const [value, timestamp] of [
        ['a', 1_000],
        ['b', 3_000],
        ['c', 2_000],
      ] as const)
        await wire.produce(topic, { values: [value], timestamp });
      await wire.call('DeleteRecords', 1, {
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 1 }] }],
        timeoutMs: 5_000,
      });
      const answers = [];
      for (const time of [-2, -1, -3, -4, 0, 1_500, 2_500, 3_001]) answers.push(await listed(wire, topic, time));
      return answers;
    },
    expected: [
      ['NONE', 1, -1],
      ['NONE', 3, -1],
      ['NONE', 1, 3_000],
      ['UNSUPPORTED_VERSION', -1, -1],
      ['NONE', 1, 3_000],
      ['NONE', 1, 3_000],
      ['NONE', 1, 3_000],
      ['NONE', -1, -1],
    ],
  },
];

const deleteRecords = async (wire: Wire, topic: string, offset: number) => {
  const { topics } = await wire.call('DeleteRecords', 2, {
    topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }],
    timeoutMs: 5_000,
  });
  const [partition] = topics[0]?.partitions ?? [];
  return [errorName(partition?.errorCode ?? -1), partition?.lowWatermark];
};

const created = async (wire: Wire, body: NonNullable<RequestBody<'CreateTopics'>['topics']>[number]) => {
  const { topics } = await wire.call('CreateTopics', 7, { topics: [body], timeoutMs: 5_000, validateOnly: true });
  return errorName(topics[0]?.errorCode ?? -1);
};

const altered = async (wire: Wire, topic: string, name: string, configOperation: number, value: string | null) => {
  const { responses } = await wire.call('IncrementalAlterConfigs', 1, {
    resources: [{ resourceType: 2, resourceName: topic, configs: [{ name, configOperation, value }] }],
  });
  return errorName(responses[0]?.errorCode ?? -1);
};

const configOf = async (wire: Wire, topic: string, name: string) => {
  const { results } = await wire.call('DescribeConfigs', 4, {
    resources: [{ resourceType: 2, resourceName: topic, configurationKeys: [name] }],
  });
  const [config] = results[0]?.configs ?? [];
  return [config?.value, config?.configSource, config?.configType];
};

const administering: Conversation[] = [
  {
    name: 'records are deleted up to an offset',
    run: async (wire) => {
      const topic = await wire.topic();
      for (const value of ['a', 'b', 'c']) await wire.produce(topic, { values: [value] });
      const answers = [
        await deleteRecords(wire, topic, 2),
        await deleteRecords(wire, topic, 1),
        await deleteRecords(wire, topic, 4),
        await deleteRecords(wire, topic, -1),
      ];
      return [...answers, (await fetch(wire, topic, { offset: 2 })).error, (await fetch(wire, topic, { offset: 3 })).error];
    },
    expected: [
      ['NONE', 2],
      ['NONE', 2],
      ['OFFSET_OUT_OF_RANGE', -1],
      ['NONE', 3],
      'OFFSET_OUT_OF_RANGE',
      'NONE',
    ],
  },
  {
    name: 'a compacted topic keeps its records from DeleteRecords',
    run: async (wire) => deleteRecords(wire, await wire.topic(1, { 'cleanup.policy': 'compact' }), 0),
    expected: ['POLICY_VIOLATION', -1],
  },
  {
    name: 'topics that cannot be are not created',
    run: async (wire) => {
      const topic = await wire.topic();
      return [
        await created(wire, { name: topic, numPartitions: 1, replicationFactor: 1 }),
        await created(wire, { name: 'a/b', numPartitions: 1, replicationFactor: 1 }),
        await created(wire, { name: wire.unique('t'), numPartitions: 0, replicationFactor: 1 }),
        await created(wire, { name: wire.unique('t'), numPartitions: 1, replicationFactor: 3 }),
        await created(wire, {
          name: wire.unique('t'),
          numPartitions: 1,
          replicationFactor: 1,
          configs: [{ name: 'no.such.setting', value: '1' }],
        }),
        await created(wire, {
          name: wire.unique('t'),
          numPartitions: 1,
          replicationFactor: 1,
          configs: [{ name: 'retention.ms', value: 'soon' }],
        }),
        await created(wire, { name: wire.unique('t'), numPartitions: -1, replicationFactor: -1 }),
      ];
    },
    expected: [
      'TOPIC_ALREADY_EXISTS',
      'INVALID_TOPIC_EXCEPTION',
      'INVALID_PARTITIONS',
      'INVALID_REPLICATION_FACTOR',
      'INVALID_CONFIG',
      'INVALID_CONFIG',
      'NONE',
    ],
  },
  {
    name: 'settings of topics are described, set, appended to, subtracted from and deleted',
    run: async (wire) => {
      const topic = await wire.topic(1, { 'cleanup.policy': 'compact' });
      const answers = [
        await configOf(wire, topic, 'cleanup.policy'),
        await altered(wire, topic, 'cleanup.policy', 2, 'delete'),
      ];
      await wire.pass(200);
      answers.push(await configOf(wire, topic, 'cleanup.policy'), await altered(wire, topic, 'cleanup.policy', 3, 'compact'));
      await wire.pass(200);
      answers.push(await configOf(wire, topic, 'cleanup.policy'), await altered(wire, topic, 'max.message.bytes', 0, '123456'));
      await wire.pass(200);
      answers.push(await configOf(wire, topic, 'max.message.bytes'), await altered(wire, topic, 'max.message.bytes', 1, null));
      await wire.pass(200);
      answers.push(
        await configOf(wire, topic, 'max.message.bytes'),
        await altered(wire, topic, 'no.such.setting', 0, '1'),
        await altered(wire, topic, 'retention.ms', 0, 'soon'),
        await altered(wire, wire.unique('missing'), 'retention.ms', 0, '1'),
      );
      return answers;
    },
    expected: [
      ['compact', 1, 7],
      'NONE',
      ['compact,delete', 1, 7],
      'NONE',
      ['delete', 1, 7],
      'NONE',
      ['123456', 1, 3],
      'NONE',
      ['1048588', 5, 3],
      'INVALID_CONFIG',
      'INVALID_CONFIG',
      'UNKNOWN_TOPIC_OR_PARTITION',
    ],
  },
  {
    name: 'topics grow and do not shrink',
    run: async (wire) => {
      const topic = await wire.topic(2);
      const grow = async (name: string, count: number) => {
        const { results } = await wire.call('CreatePartitions', 3, { topics: [{ name, count, assignments: null }], timeoutMs: 5_000 });
        return errorName(results[0]?.errorCode ?? -1);
      };
      return [await grow(topic, 2), await grow(topic, 1), await grow(topic, 5), await grow(wire.unique('missing'), 5)];
    },
    expected: ['INVALID_PARTITIONS', 'INVALID_PARTITIONS', 'NONE', 'UNKNOWN_TOPIC_OR_PARTITION'],
  },
  {
    name: 'topics are deleted by name and by id',
    run: async (wire) => {
      const drop = async (topic: { name?: string | null; topicId?: string }) => {
        const { responses } = await wire.call('DeleteTopics', 6, { topics: [topic], timeoutMs: 5_000 });
        return errorName(responses[0]?.errorCode ?? -1);
      };
      const [byName, byId] = [await wire.topic(), await wire.topic()];
      const metadata = await wire.call('Metadata', 12, { topics: [{ name: byId }] });
      return [
        await drop({ name: byName }),
        await drop({ name: null, topicId: metadata.topics[0]?.topicId ?? '' }),
        await drop({ name: wire.unique('missing') }),
        await drop({ name: null, topicId: unknownId }),
      ];
    },
    expected: ['NONE', 'NONE', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'],
  },
  {
    name: 'coordinators of several keys, and of a type that is not known',
    run: async (wire) => {
      const batched = await wire.call('FindCoordinator', 4, { keyType: 1, coordinatorKeys: ['a', 'b'] });
      const single = await wire.call('FindCoordinator', 3, { keyType: 0, key: 'a' });
      const wrong = await wire.call('FindCoordinator', 3, { keyType: 9, key: 'a' });
      return [
        batched.coordinators.map(({ key, errorCode, nodeId }) => [key, errorCode, nodeId > 0]).sort(),
        [single.errorCode, single.nodeId > 0],
        errorName(wrong.errorCode),
      ];
    },
    expected: [
      [
        ['a', 0, true],
        ['b', 0, true],
      ],
      [0, true],
      'INVALID_REQUEST',
    ],
  },
  {
    name: 'metadata of topics that are not there, by name and by id',
    run: async (wire) => {
      const byName = await wire.call('Metadata', 12, {
        topics: [{ name: wire.unique('missing') }, { name: 'a/b' }],
        allowAutoTopicCreation: false,
      });
      const byId = await wire.call('Metadata', 12, { topics: [{ name: null, topicId: unknownId }] });
      return [byName.topics.map(({ errorCode }) => errorName(errorCode)).sort(), errorName(byId.topics[0]?.errorCode ?? -1)];
    },
    expected: [['INVALID_TOPIC_EXCEPTION', 'UNKNOWN_TOPIC_OR_PARTITION'], 'UNKNOWN_TOPIC_ID'],
  },
  {
    name: 'a producer and its transaction can be looked at',
    run: async (wire) => {
      const topic = await wire.topic();
      const producer = await wire.init(wire.unique('id'));
      await wire.produceIn(producer, topic, { values: ['a', 'b'] });
      const { transactionalId, producerId, producerEpoch } = producer;
      const described = await wire.call('DescribeTransactions', 0, { transactionalIds: [transactionalId, wire.unique('none')] });
      const producers = await wire.call('DescribeProducers', 0, { topics: [{ name: topic, partitionIndexes: [0] }] });
      const all = await wire.call('ListTransactions', 0, { stateFilters: ['Ongoing', 'Nonsense'], producerIdFilters: [producerId] });
      const [one, none] = described.transactionStates;
      const [active] = producers.topics[0]?.partitions[0]?.activeProducers ?? [];
      return [
        [one?.transactionState, one?.producerEpoch === producerEpoch, one?.topics.map((t) => [t.topic === topic, t.partitions])],
        errorName(none?.errorCode ?? -1),
        [active?.producerId === producerId, active?.lastSequence, active?.currentTxnStartOffset],
        all.transactionStates.map((t) => [t.transactionalId === transactionalId, t.transactionState]),
        all.unknownStateFilters,
      ];
    },
    expected: [
      ['Ongoing', true, [[true, [0]]]],
      'TRANSACTIONAL_ID_NOT_FOUND',
      [true, 1, 0],
      [[true, 'Ongoing']],
      ['Nonsense'],
    ],
  },
  {
    name: 'a marker moves a partition on to the next epoch of its producer, without a sequence',
    run: async (wire) => {
      const topic = await wire.topic();
      const producer = await wire.init(wire.unique('id'));
      await wire.produceIn(producer, topic, { values: ['a', 'b'] });
      await wire.end(producer, true);
      await wire.stable(topic, 3);
      const producers = await wire.call('DescribeProducers', 0, { topics: [{ name: topic, partitionIndexes: [0] }] });
      const [active] = producers.topics[0]?.partitions[0]?.activeProducers ?? [];
      const { producerEpoch = -1, lastSequence, currentTxnStartOffset } = active ?? {};
      return [producerEpoch - producer.producerEpoch, lastSequence, currentTxnStartOffset];
    },
    expected: [1, -1, -1],
  },
  {
    name: 'nobody has to log in here',
    run: async (wire) => errorName((await wire.call('SaslHandshake', 1, { mechanism: 'PLAIN' })).errorCode),
    expected: 'ILLEGAL_SASL_STATE',
  },
  {
    name: 'versions of ApiVersions that are not known are answered in version 0 with what is known',
    run: async (wire) => {
      const one = await wire.another();
      const answer = one.next(77);
      const frame = Buffer.alloc(4 + 8 + 2 + 4 + 4);
      frame.writeInt32BE(frame.length - 4, 0);
      frame.writeInt16BE(18, 4);
      frame.writeInt16BE(99, 6);
      frame.writeInt32BE(77, 8);
      frame.writeInt16BE(-1, 12);
      one.write(frame);
      const bytes = await answer;
      one.close();
      return bytes && [errorName(bytes.readInt16BE(4)), bytes.readInt32BE(6) > 0, bytes.readInt16BE(10)];
    },
    expected: ['UNSUPPORTED_VERSION', true, 18],
  },
];

export const logConversations: readonly Conversation[] = [...producing, ...reading, ...administering];
