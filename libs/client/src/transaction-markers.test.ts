/** A coordinator that was down while it wrote markers may have left some out (KAFKA-20734): the next transaction does not begin without them. */
import { describe, expect, test } from '@jest/globals';
import type { Logger } from '@millrace/base';
import type { TransactionalProducer } from '@millrace/ports';
import { errorCodes } from '@millrace/protocol';
import { ScriptedCluster, type RequestBody, type ResponseBody } from './testdata/scripted-broker.ts';

const bytes = Buffer.from('x');
const group = { groupId: 'g', memberId: 'm', generation: 3 };
const offsets = [{ topic: 'in', partition: 1, offset: 5, leaderEpoch: 2, metadata: '' }];

/** Partitions on which the transaction of an epoch is left open, until markers are written. */
type LeftOpen = Map<string, { readonly producerEpoch: number; readonly coordinatorEpoch: number }>;

function cluster({ open = new Map(), features = 2 }: { open?: LeftOpen; features?: number } = {}): ScriptedCluster {
  const made = new ScriptedCluster()
    .on('DescribeTransactions', () => ({ transactionStates: [{ transactionalId: 'id', transactionState: 'Empty' }] }))
    .on('Produce', (request) => produced(request))
    .answers('TxnOffsetCommit', { topics: [{ name: 'in', partitions: [{ partitionIndex: 1 }] }] })
    .answers('AddOffsetsToTxn', {})
    .on('AddPartitionsToTxn', ({ v3AndBelowTopics }) => ({
      resultsByTopicV3AndBelow: v3AndBelowTopics.map(({ name, partitions }) => ({
        name,
        resultsByPartition: partitions.map((partitionIndex) => ({ partitionIndex })),
      })),
    }))
    .on('EndTxn', ({ producerId, producerEpoch }) =>
      features === 2 ? { producerId, producerEpoch: producerEpoch + 1 } : {},
    )
    .on('DescribeProducers', (request) => described(request, open))
    .on('WriteTxnMarkers', (request) => written(request, open));
  if (features === 1) made.features = [];
  made.topics.set('t', { leaders: [0, 0] });
  made.topics.set('__consumer_offsets', { leaders: [0, 0, 0] });
  return made;
}

function produced({ topicData }: RequestBody<'Produce'>): ResponseBody<'Produce'> {
  return {
    responses: topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({ index, baseOffset: 0 })),
    })),
  };
}

function described({ topics }: RequestBody<'DescribeProducers'>, open: LeftOpen): ResponseBody<'DescribeProducers'> {
  return {
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => {
        const left = open.get(`${name}-${partitionIndex}`);
        const activeProducers = left === undefined ? [] : [{ producerId: 7, currentTxnStartOffset: 0, ...left }];
        return { partitionIndex, activeProducers };
      }),
    })),
  };
}

function written({ markers }: RequestBody<'WriteTxnMarkers'>, open: LeftOpen, errorCode = 0) {
  return {
    markers: markers.map(({ producerId, topics }) => ({
      producerId,
      topics: topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => {
          if (errorCode === 0) open.delete(`${name}-${partitionIndex}`);
          return { partitionIndex, errorCode };
        }),
      })),
    })),
  };
}

async function started(scripted: ScriptedCluster, logger?: Logger): Promise<TransactionalProducer> {
  const client = scripted.client(logger === undefined ? {} : { logger });
  await scripted.clock.until(client.connect());
  const producer = client.transactionalProducer({ transactionalId: 'id', transactionTimeoutMs: 60_000, groupId: 'g' });
  await scripted.clock.until(producer.prepare(['t']));
  await scripted.clock.until(producer.init());
  return producer;
}

/** A transaction on both partitions and on the offsets of the group. */
async function write(scripted: ScriptedCluster, producer: TransactionalProducer): Promise<void> {
  producer.append('t', 0, null, bytes, 1);
  producer.append('t', 1, null, bytes, 1);
  await scripted.clock.until(producer.sendOffsets(offsets, group));
  await scripted.clock.until(producer.flush());
}

/** The next Produce finds the broker gone; it is back for the one after it. */
function losesTheNext(scripted: ScriptedCluster): void {
  let isLost = false;
  scripted.on('Produce', (request) => {
    if (isLost) return produced(request);
    isLost = true;
    return 'close';
  });
}

/** The next transaction begins, over a lost connection. */
async function writeOverALoss(scripted: ScriptedCluster, producer: TransactionalProducer): Promise<void> {
  losesTheNext(scripted);
  producer.append('t', 0, null, bytes, 2);
  await scripted.clock.until(producer.flush());
}

function names(scripted: ScriptedCluster, from: number): string[] {
  const ours = ['Produce', 'TxnOffsetCommit', 'EndTxn', 'DescribeTransactions', 'DescribeProducers', 'WriteTxnMarkers'];
  return scripted.seen.slice(from).flatMap(({ api }) => (ours.includes(api) ? [api] : []));
}

test('while no connection is lost nobody asks', async () => {
  const scripted = cluster();
  const producer = await started(scripted);
  for (let round = 0; round < 2; round++) {
    await write(scripted, producer);
    await scripted.clock.until(producer.commit());
  }
  expect(scripted.requests('DescribeTransactions')).toHaveLength(1);
  expect(scripted.requests('DescribeProducers')).toEqual([]);
});

describe.each([
  ['commit', true],
  ['abort', false],
] as const)('markers of a %s that are missing', (how, transactionResult) => {
  test('are written before the next transaction writes', async () => {
    const open: LeftOpen = new Map();
    const scripted = cluster({ open });
    const producer = await started(scripted);
    await write(scripted, producer);
    await scripted.clock.until<unknown>(producer[how]());
    const from = scripted.seen.length;
    open.set('t-1', { producerEpoch: 0, coordinatorEpoch: 4 });
    await writeOverALoss(scripted, producer);
    expect(names(scripted, from)).toEqual([
      'Produce',
      'DescribeTransactions',
      'DescribeProducers',
      'WriteTxnMarkers',
      'Produce',
    ]);
    expect(scripted.requests('WriteTxnMarkers')[0]?.body.markers).toMatchObject([
      {
        producerId: 7,
        producerEpoch: 1,
        transactionResult,
        coordinatorEpoch: 4,
        topics: [{ name: 't', partitionIndexes: [1] }],
      },
    ]);
  });
});

test('the offsets of the group are part of it', async () => {
  const open: LeftOpen = new Map();
  const scripted = cluster({ open });
  const producer = await started(scripted);
  await write(scripted, producer);
  await scripted.clock.until(producer.commit());
  // 'g'.hashCode() is 103.
  open.set('__consumer_offsets-1', { producerEpoch: 0, coordinatorEpoch: -1 });
  await writeOverALoss(scripted, producer);
  expect(scripted.requests('WriteTxnMarkers')[0]?.body.markers).toMatchObject([
    { coordinatorEpoch: 0, topics: [{ name: '__consumer_offsets', partitionIndexes: [1] }] },
  ]);
});

test('a transaction that is open by right is left alone: that of a later epoch', async () => {
  const open: LeftOpen = new Map();
  const scripted = cluster({ open });
  const producer = await started(scripted);
  await write(scripted, producer);
  await scripted.clock.until(producer.commit());
  open.set('t-0', { producerEpoch: 1, coordinatorEpoch: 0 });
  await writeOverALoss(scripted, producer);
  expect(scripted.requests('DescribeProducers')).toHaveLength(1);
  expect(scripted.requests('WriteTxnMarkers')).toEqual([]);
});

test('a coordinator that still writes markers is waited for', async () => {
  const open: LeftOpen = new Map([['t-1', { producerEpoch: 0, coordinatorEpoch: 0 }]]);
  const scripted = cluster({ open }).on('DescribeTransactions', (_request, { nth }) => {
    if (nth === 3) open.clear();
    const transactionState = nth === 0 ? 'Empty' : nth < 4 ? 'PrepareCommit' : 'CompleteCommit';
    return { transactionStates: [{ transactionalId: 'id', transactionState }] };
  });
  const producer = await started(scripted);
  await write(scripted, producer);
  await scripted.clock.until(producer.commit());
  await writeOverALoss(scripted, producer);
  expect(scripted.requests('DescribeTransactions')).toHaveLength(5);
  expect(scripted.requests('WriteTxnMarkers')).toEqual([]);
});

test('one that may not be written holds the next transaction back and tells what is needed', async () => {
  const open: LeftOpen = new Map();
  const lines: string[] = [];
  const logger: Logger = {
    log: (level, text, fields) => void lines.push(`${level} ${text} ${JSON.stringify(fields)}`),
  };
  const clusterAuthorizationFailed = 31;
  const scripted = cluster({ open }).on('WriteTxnMarkers', (request, { nth }) =>
    written(request, open, nth < 3 ? clusterAuthorizationFailed : 0),
  );
  const producer = await started(scripted, logger);
  await write(scripted, producer);
  await scripted.clock.until(producer.commit());
  open.set('t-1', { producerEpoch: 0, coordinatorEpoch: 0 });
  await writeOverALoss(scripted, producer);
  expect(scripted.requests('WriteTxnMarkers')).toHaveLength(4);
  expect(names(scripted, 0).at(-1)).toBe('Produce');
  expect(lines.filter((line) => line.includes('Grant the principal of this client ALTER on the cluster'))).toHaveLength(
    3,
  );
});

test('where producers may not be described the next transaction begins, as with any other client', async () => {
  const topicAuthorizationFailed = 29;
  const scripted = cluster().on('DescribeProducers', ({ topics }) => ({
    topics: topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode: topicAuthorizationFailed })),
    })),
  }));
  const producer = await started(scripted);
  await write(scripted, producer);
  await scripted.clock.until(producer.commit());
  await writeOverALoss(scripted, producer);
  expect(scripted.requests('DescribeProducers')).toHaveLength(1);
});

test('with v1, where transactions share an epoch, nobody asks', async () => {
  const scripted = cluster({ features: 1 });
  const producer = await started(scripted);
  await write(scripted, producer);
  await scripted.clock.until(producer.commit());
  await writeOverALoss(scripted, producer);
  expect(scripted.requests('DescribeProducers')).toEqual([]);
});

describe('a transaction of a former life', () => {
  const described = (transactionState: string) => ({
    transactionStates: [{ transactionalId: 'id', transactionState, producerId: 7, producerEpoch: 4 }],
  });

  test('is ended where its markers are missing, before this life writes', async () => {
    const open: LeftOpen = new Map([
      ['t-1', { producerEpoch: 3, coordinatorEpoch: 2 }],
      ['__consumer_offsets-1', { producerEpoch: 3, coordinatorEpoch: 2 }],
    ]);
    const scripted = cluster({ open }).answers('DescribeTransactions', described('CompleteAbort'), described('Empty'));
    const producer = await started(scripted);
    producer.append('t', 0, null, bytes, 1);
    await scripted.clock.until(producer.flush());
    expect(names(scripted, 0)).toEqual([
      'DescribeTransactions',
      'DescribeTransactions',
      'DescribeProducers',
      'WriteTxnMarkers',
      'Produce',
    ]);
    expect(scripted.requests('WriteTxnMarkers')[0]?.body.markers).toMatchObject([
      {
        producerEpoch: 4,
        transactionResult: false,
        topics: [
          { name: 't', partitionIndexes: [1] },
          { name: '__consumer_offsets', partitionIndexes: [1] },
        ],
      },
    ]);
  });

  test('that was open, and is aborted by this life, is ended where the coordinator loses markers of that', async () => {
    const open: LeftOpen = new Map([['t-1', { producerEpoch: 3, coordinatorEpoch: 2 }]]);
    const scripted = cluster({ open })
      .answers('InitProducerId', { errorCode: errorCodes.CONCURRENT_TRANSACTIONS }, { producerId: 7, producerEpoch: 5 })
      .answers('DescribeTransactions', described('Ongoing'), described('PrepareAbort'), described('Empty'));
    const producer = await started(scripted);
    producer.append('t', 0, null, bytes, 1);
    await scripted.clock.until(producer.flush());
    expect(names(scripted, 0)).toEqual([
      'DescribeTransactions',
      'DescribeTransactions',
      'DescribeTransactions',
      'DescribeProducers',
      'WriteTxnMarkers',
      'Produce',
    ]);
    expect(scripted.requests('WriteTxnMarkers')[0]?.body.markers).toMatchObject([
      { producerEpoch: 4, transactionResult: false, topics: [{ name: 't', partitionIndexes: [1] }] },
    ]);
  });

  test.each(['Empty', 'Ongoing'])('that is %s is left to the coordinator', async (state) => {
    const scripted = cluster().answers('DescribeTransactions', described(state));
    const producer = await started(scripted);
    producer.append('t', 0, null, bytes, 1);
    await scripted.clock.until(producer.flush());
    expect(scripted.requests('DescribeProducers')).toEqual([]);
  });
});
