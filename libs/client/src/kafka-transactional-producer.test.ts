/** Every row of what a real 4.3 broker answers to transactions, and what the producer makes of it. */
import { describe, expect, test } from '@jest/globals';
import { readBatchHeader } from '@millrace/protocol';
import type { GroupMetadata, KafkaClient, TransactionalProducer } from '@millrace/ports';
import { ScriptedCluster, type RequestBody, type ResponseBody } from './testdata/scripted-broker.ts';

const bytes = Buffer.from('x');
const group = { groupId: 'g', memberId: 'm', generation: 3, instanceId: 'i' };
const offsets = [{ topic: 'in', partition: 1, offset: 5, leaderEpoch: 2, metadata: 'meta' }];

function produced({ topicData }: RequestBody<'Produce'>, errorCode = 0): ResponseBody<'Produce'> {
  return {
    responses: topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset: 0 })),
    })),
  };
}

function committed(errorCode = 0): ResponseBody<'TxnOffsetCommit'> {
  return { topics: [{ name: 'in', partitions: [{ partitionIndex: 1, errorCode }] }] };
}

function added(errorCode = 0): ResponseBody<'AddPartitionsToTxn'> {
  return {
    resultsByTopicV3AndBelow: [
      { name: 't', resultsByPartition: [{ partitionIndex: 0, partitionErrorCode: errorCode }] },
    ],
  };
}

/** A cluster on which everything works; with v2 each EndTxn answers with the next epoch. */
function working(version: 1 | 2 = 2): ScriptedCluster {
  const cluster = new ScriptedCluster()
    .on('Produce', (request) => produced(request))
    .answers('TxnOffsetCommit', committed())
    .answers('AddPartitionsToTxn', added())
    .answers('AddOffsetsToTxn', {})
    .on('EndTxn', ({ producerId, producerEpoch }) =>
      version === 2 ? { producerId, producerEpoch: producerEpoch + 1 } : {},
    );
  if (version === 1) cluster.features = [];
  cluster.topics.set('t', { leaders: [0, 0] });
  return cluster;
}

async function started(cluster: ScriptedCluster): Promise<{ client: KafkaClient; producer: TransactionalProducer }> {
  const client = cluster.client();
  await cluster.clock.until(client.connect());
  const producer = client.transactionalProducer({ transactionalId: 'id', transactionTimeoutMs: 4_321 });
  await cluster.clock.until(producer.prepare(['t']));
  await cluster.clock.until(producer.init());
  return { client, producer };
}

function names(cluster: ScriptedCluster): string[] {
  const ours = ['InitProducerId', 'AddPartitionsToTxn', 'AddOffsetsToTxn', 'Produce', 'TxnOffsetCommit', 'EndTxn'];
  return cluster.seen.filter(({ api }) => ours.includes(api)).map(({ api, version }) => `${api} v${version}`);
}

/** Epoch and sequence of each batch sent. */
function stamps(cluster: ScriptedCluster): [epoch: number, sequence: number][] {
  return cluster.requests('Produce').flatMap(({ body }) =>
    body.topicData.flatMap(({ partitionData }) =>
      partitionData.map(({ records }): [number, number] => {
        const header = readBatchHeader(records as Buffer, 0);
        return [header?.producerEpoch ?? -9, header?.baseSequence ?? -9];
      }),
    ),
  );
}

async function transaction(cluster: ScriptedCluster, producer: TransactionalProducer): Promise<boolean> {
  producer.append('t', 0, null, bytes, 1);
  await cluster.clock.until(producer.sendOffsets(offsets, group));
  return cluster.clock.until(producer.commit());
}

describe('a transaction', () => {
  test('with v2 adds nothing by itself, and every commit brings the epoch and the sequences of the next', async () => {
    const cluster = working();
    const { producer } = await started(cluster);
    expect(await transaction(cluster, producer)).toBe(true);
    expect(await transaction(cluster, producer)).toBe(true);
    expect(names(cluster).sort()).toEqual(
      [
        'InitProducerId v6',
        'Produce v12',
        'TxnOffsetCommit v5',
        'EndTxn v5',
        'Produce v12',
        'TxnOffsetCommit v5',
        'EndTxn v5',
      ].sort(),
    );
    expect(stamps(cluster)).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  test('with v1 adds partitions and offsets first, never above the versions for clients (P4), and keeps its epoch', async () => {
    const cluster = working(1);
    const { producer } = await started(cluster);
    await transaction(cluster, producer);
    await transaction(cluster, producer);
    expect([...new Set(names(cluster))].sort()).toEqual([
      'AddOffsetsToTxn v4',
      'AddPartitionsToTxn v3',
      'EndTxn v4',
      'InitProducerId v6',
      'Produce v11',
      'TxnOffsetCommit v4',
    ]);
    expect(stamps(cluster)).toEqual([
      [0, 0],
      [0, 1],
    ]);
    expect(cluster.requests('AddPartitionsToTxn')).toHaveLength(2);
  });

  test('P3: the id is taken over with -1/-1 and the configured time-out', async () => {
    const cluster = working();
    await started(cluster);
    expect(cluster.requests('InitProducerId')[0]?.body).toMatchObject({
      transactionalId: 'id',
      transactionTimeoutMs: 4_321,
      producerId: -1,
      producerEpoch: -1,
    });
  });

  test('offsets carry the identity of the member (KIP-447); without membership they are not sent', async () => {
    const cluster = working();
    const { producer } = await started(cluster);
    await cluster.clock.until(producer.sendOffsets(offsets, group));
    expect(cluster.requests('TxnOffsetCommit')[0]?.body).toMatchObject({
      groupId: 'g',
      memberId: 'm',
      generationId: 3,
      groupInstanceId: 'i',
      topics: [
        {
          name: 'in',
          partitions: [{ partitionIndex: 1, committedOffset: 5, committedLeaderEpoch: 2, committedMetadata: 'meta' }],
        },
      ],
    });
    const unfenced = producer.sendOffsets(offsets, { groupId: 'g', memberId: '', generation: -1 });
    await expect(cluster.clock.until(unfenced)).rejects.toMatchObject({ code: 'MR_CLIENT_GROUP_FENCED' });
    expect(cluster.requests('TxnOffsetCommit')).toHaveLength(1);
  });

  describe('whose offsets meet the next generation of the group', () => {
    const illegal = committed(22);
    const at = (generation: number, membership = 0): GroupMetadata => ({ ...group, generation, membership });
    const generations = (cluster: ScriptedCluster): number[] =>
      cluster.requests('TxnOffsetCommit').map(({ body }) => body.generationId);

    test('sends them again once the same membership has joined it', async () => {
      const cluster = working().answers('TxnOffsetCommit', illegal, committed());
      const { producer } = await started(cluster);
      let now = at(3);
      cluster.clock.setTimer(40, () => (now = at(4)));
      await cluster.clock.until(producer.sendOffsets(offsets, () => now));
      expect(generations(cluster)).toEqual([3, 4]);
      await expect(cluster.clock.until(producer.commit())).resolves.toBe(true);
    });

    test.each([
      ['a membership that was lost meanwhile', at(4, 1)],
      ['another member', { ...at(4), memberId: 'other' }],
      ['a generation that does not come', at(3)],
    ])('is fenced with %s', async (_what, later) => {
      const cluster = working().answers('TxnOffsetCommit', illegal, committed());
      const { producer } = await started(cluster);
      let now = at(3);
      cluster.clock.setTimer(40, () => (now = later));
      const sending = producer.sendOffsets(offsets, () => now);
      await expect(cluster.clock.until(sending)).rejects.toMatchObject({ code: 'MR_CLIENT_GROUP_FENCED' });
      expect(generations(cluster)).toEqual([3]);
    });
  });

  test('that is empty is never committed: the broker would refuse it (48)', async () => {
    const cluster = working();
    const { producer } = await started(cluster);
    expect(await cluster.clock.until(producer.commit())).toBe(false);
    await cluster.clock.until(producer.sendOffsets([], group));
    expect(await cluster.clock.until(producer.commit())).toBe(false);
    await cluster.clock.until(producer.abort());
    producer.append('t', 0, null, bytes, 1);
    await cluster.clock.until(producer.abort());
    expect(names(cluster)).toEqual(['InitProducerId v6']);
  });

  test('EndTxn goes out only when every batch and every offset is answered', async () => {
    const cluster = working().on('TxnOffsetCommit', (_request, { nth }) => (nth < 3 ? committed(14) : committed()));
    const { producer } = await started(cluster);
    producer.append('t', 0, null, bytes, 1);
    const sending = producer.sendOffsets(offsets, group);
    const committing = producer.commit();
    await cluster.clock.until(Promise.all([sending, committing]));
    expect(names(cluster).slice(-2)).toEqual(['TxnOffsetCommit v5', 'EndTxn v5']);
    expect(cluster.requests('EndTxn')).toHaveLength(1);
  });

  test('calls in a wrong order are told', async () => {
    const cluster = working();
    const client = cluster.client();
    await cluster.clock.until(client.connect());
    const producer = client.transactionalProducer({ transactionalId: 'id' });
    expect(() => producer.append('t', 0, null, bytes, 1)).toThrow(
      expect.objectContaining({ code: 'MR_CLIENT_TRANSACTION_STATE', severity: 'bug' }),
    );
    await cluster.clock.until(producer.init());
    await expect(producer.init()).rejects.toMatchObject({ code: 'MR_CLIENT_TRANSACTION_STATE' });
  });
});

describe('answers that pass', () => {
  test.each([
    ['InitProducerId', 51],
    ['InitProducerId', 14],
    ['InitProducerId', 15],
    ['InitProducerId', 16],
  ] as const)('%s %d is asked again', async (api, errorCode) => {
    const cluster = working().answers(api, { errorCode }, { errorCode }, { producerId: 7, producerEpoch: 1 });
    await started(cluster);
    expect(cluster.requests(api)).toHaveLength(3);
    expect(cluster.requests('FindCoordinator')).toHaveLength(errorCode > 14 && errorCode < 17 ? 3 : 1);
  });

  test.each([14, 15, 16, 51, 3, 27])('TxnOffsetCommit %d is asked again in the same transaction', async (code) => {
    const cluster = working().answers('TxnOffsetCommit', committed(code), committed());
    const { producer } = await started(cluster);
    expect(await transaction(cluster, producer)).toBe(true);
    expect(cluster.requests('TxnOffsetCommit').map(({ body }) => body.producerEpoch)).toEqual([0, 0]);
  });

  test.each([19, 51, 14, 15, 16, 6, 7])('Produce %d is sent again under the same sequence', async (code) => {
    const cluster = working().on('Produce', (request, { nth }) => produced(request, nth === 0 ? code : 0));
    const { producer } = await started(cluster);
    expect(await transaction(cluster, producer)).toBe(true);
    expect(stamps(cluster)).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  test.each([14, 15, 16, 51])('EndTxn %d is asked again with the same epoch', async (errorCode) => {
    for (const version of [1, 2] as const) {
      const cluster = working(version).on('EndTxn', ({ producerId }, { nth }) =>
        nth === 0 ? { errorCode } : version === 2 ? { producerId, producerEpoch: 1 } : {},
      );
      const { producer } = await started(cluster);
      expect(await transaction(cluster, producer)).toBe(true);
      expect(cluster.requests('EndTxn').map(({ body }) => body.producerEpoch)).toEqual([0, 0]);
    }
  });

  test('with v1 AddPartitionsToTxn 51 is asked again: the last transaction is being completed', async () => {
    const cluster = working(1).answers('AddPartitionsToTxn', added(51), added(51), added());
    const { producer } = await started(cluster);
    expect(await transaction(cluster, producer)).toBe(true);
    expect(cluster.clock.monotonic()).toBeLessThan(200);
  });
});

describe('a stale epoch', () => {
  const granted = [
    { producerId: 7, producerEpoch: 0 },
    { producerId: 7, producerEpoch: 1 },
  ];
  const cases = [
    ['Produce', 47],
    ['Produce', 48],
    ['Produce', 45],
    ['TxnOffsetCommit', 47],
    ['TxnOffsetCommit', 48],
    ['EndTxn', 48],
    ['EndTxn', 47],
  ] as const;

  function stale(api: (typeof cases)[number][0], code: number): ScriptedCluster {
    const cluster = working();
    if (api === 'Produce') return cluster.on('Produce', (request, { nth }) => produced(request, nth === 0 ? code : 0));
    if (api === 'TxnOffsetCommit') return cluster.answers('TxnOffsetCommit', committed(code), committed());
    return cluster.on('EndTxn', ({ producerId, producerEpoch }, { nth }) =>
      nth === 0 ? { errorCode: code } : { producerId, producerEpoch: producerEpoch + 1 },
    );
  }

  test.each(cases)(
    '%s %d: the id is still ours, so the transaction had timed out and the next one works',
    async (api, code) => {
      const cluster = stale(api, code).answers('InitProducerId', ...granted);
      const { producer } = await started(cluster);
      await expect(transaction(cluster, producer).then(() => producer.commit())).rejects.toMatchObject({
        code: 'MR_CLIENT_TRANSACTION_ABORTABLE',
        severity: 'retriable',
      });
      await cluster.clock.until(producer.abort());
      // Asked once, as ourselves.
      expect(cluster.requests('InitProducerId').map(({ body }) => [body.producerId, body.producerEpoch])).toEqual([
        [-1, -1],
        [7, 0],
      ]);
      expect(await transaction(cluster, producer)).toBe(true);
      expect(stamps(cluster).at(-1)).toEqual([1, 0]);
      expect(cluster.requests('EndTxn').at(-1)?.body).toMatchObject({ producerEpoch: 1, committed: true });
    },
  );

  test.each(cases)('%s %d: another incarnation has the id: fenced for ever', async (api, code) => {
    for (const refusal of [90, 47]) {
      const cluster = stale(api, code).answers('InitProducerId', granted[0] ?? {}, { errorCode: refusal });
      const { producer } = await started(cluster);
      await expect(transaction(cluster, producer)).rejects.toMatchObject({
        code: 'MR_CLIENT_FENCED',
        severity: 'fenced',
      });
      await expect(cluster.clock.until(producer.abort())).rejects.toMatchObject({ code: 'MR_CLIENT_FENCED' });
      await expect(cluster.clock.until(producer.init())).rejects.toMatchObject({ code: 'MR_CLIENT_FENCED' });
      expect(() => producer.append('t', 0, null, bytes, 1)).toThrow(
        expect.objectContaining({ code: 'MR_CLIENT_FENCED' }),
      );
    }
  });
});

describe('answers that end the transaction', () => {
  test.each(['Produce', 'TxnOffsetCommit', 'EndTxn'] as const)('%s 90 fences without another question', async (api) => {
    const cluster = working();
    if (api === 'Produce') cluster.on('Produce', (request) => produced(request, 90));
    else if (api === 'TxnOffsetCommit') cluster.answers('TxnOffsetCommit', committed(90));
    else cluster.answers('EndTxn', { errorCode: 90 });
    const { producer } = await started(cluster);
    await expect(transaction(cluster, producer)).rejects.toMatchObject({ code: 'MR_CLIENT_FENCED' });
    expect(cluster.requests('InitProducerId')).toHaveLength(1);
  });

  test.each(['Produce', 'TxnOffsetCommit', 'EndTxn'] as const)('%s 120: abort, then go on', async (api) => {
    const cluster = working();
    if (api === 'Produce') cluster.on('Produce', (request, { nth }) => produced(request, nth === 0 ? 120 : 0));
    else if (api === 'TxnOffsetCommit') cluster.answers('TxnOffsetCommit', committed(120), committed());
    else
      cluster.on('EndTxn', ({ producerEpoch }, { nth }) =>
        nth === 0 ? { errorCode: 120 } : { producerId: 7, producerEpoch: producerEpoch + 1 },
      );
    const { producer } = await started(cluster);
    await expect(transaction(cluster, producer)).rejects.toMatchObject({ code: 'MR_CLIENT_TRANSACTION_ABORTABLE' });
    await cluster.clock.until(producer.abort());
    expect(cluster.requests('EndTxn').at(-1)?.body.committed).toBe(false);
    expect(await transaction(cluster, producer)).toBe(true);
  });

  test.each([22, 25, 82, 113])('TxnOffsetCommit %d: the group has moved on; the id is still ours', async (code) => {
    const cluster = working().answers('TxnOffsetCommit', committed(code), committed());
    const { producer } = await started(cluster);
    producer.append('t', 0, null, bytes, 1);
    await expect(cluster.clock.until(producer.sendOffsets(offsets, group))).rejects.toMatchObject({
      code: 'MR_CLIENT_GROUP_FENCED',
      severity: 'fenced',
      details: { groupId: 'g', memberId: 'm', generation: 3 },
    });
    await expect(cluster.clock.until(producer.commit())).rejects.toMatchObject({ code: 'MR_CLIENT_GROUP_FENCED' });
    await cluster.clock.until(producer.abort());
    expect(await transaction(cluster, producer)).toBe(true);
  });

  test.each([
    ['InitProducerId', 53, 'MR_CLIENT_NOT_AUTHORIZED'],
    ['InitProducerId', 50, 'MR_CLIENT_BROKER_REFUSED'],
  ] as const)('%s %d stops at once', async (api, errorCode, code) => {
    const cluster = working().answers(api, { errorCode });
    await expect(started(cluster)).rejects.toMatchObject({ code, severity: 'user' });
  });
});

describe('lost answers', () => {
  test('v2: EndTxn is asked again blindly, and says the same', async () => {
    const cluster = working().on('EndTxn', ({ producerId }, { nth }) =>
      nth < 2 ? 'close' : { producerId, producerEpoch: 1 },
    );
    const { producer } = await started(cluster);
    expect(await transaction(cluster, producer)).toBe(true);
    expect(cluster.requests('EndTxn').map(({ body }) => [body.producerEpoch, body.committed])).toEqual([
      [0, true],
      [0, true],
      [0, true],
    ]);
  });

  test('v2: TxnOffsetCommit is asked again', async () => {
    const cluster = working().answers('TxnOffsetCommit', 'close', committed());
    const { producer } = await started(cluster);
    expect(await transaction(cluster, producer)).toBe(true);
  });

  test.each(['EndTxn', 'TxnOffsetCommit', 'AddPartitionsToTxn', 'AddOffsetsToTxn'] as const)(
    'v1: %s is not asked again: the outcome is unknown, and init takes the next epoch as ourselves',
    async (api) => {
      const cluster = working(1);
      if (api === 'EndTxn') cluster.answers('EndTxn', 'close', {});
      else if (api === 'TxnOffsetCommit') cluster.answers('TxnOffsetCommit', 'close', committed());
      else if (api === 'AddOffsetsToTxn') cluster.answers('AddOffsetsToTxn', 'close', {});
      else cluster.answers('AddPartitionsToTxn', 'close', added());
      const { producer } = await started(cluster);
      await expect(transaction(cluster, producer)).rejects.toMatchObject({
        code: 'MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN',
        severity: 'retriable',
      });
      expect(cluster.requests(api)).toHaveLength(1);
      await cluster.clock.until(producer.init());
      expect(cluster.requests('InitProducerId').at(-1)?.body).toMatchObject({ producerId: 7, producerEpoch: 0 });
      expect(await transaction(cluster, producer)).toBe(true);
      expect(stamps(cluster).at(-1)).toEqual([1, 0]);
    },
  );

  test('v1: an abort whose answer is lost is made certain by a new epoch', async () => {
    const cluster = working(1).answers('EndTxn', 'close', {});
    const { producer } = await started(cluster);
    producer.append('t', 0, null, bytes, 1);
    await cluster.clock.until(producer.flush());
    await cluster.clock.until(producer.abort());
    expect(cluster.requests('InitProducerId').at(-1)?.body).toMatchObject({ producerId: 7, producerEpoch: 0 });
    expect(await transaction(cluster, producer)).toBe(true);
  });

  test('v1: a batch that may be in the log or not ends the epoch when the transaction is aborted', async () => {
    const cluster = working(1).on('Produce', (request, { nth }) => (nth === 0 ? 'close' : produced(request)));
    const { producer } = await started(cluster);
    producer.append('t', 0, null, bytes, 1);
    const flushing = producer.flush().catch(() => undefined);
    while (cluster.requests('Produce').length === 0) await cluster.clock.pass(1);
    await cluster.clock.until(producer.abort());
    await cluster.clock.until(flushing);
    expect(cluster.seen.slice(-2)).toMatchObject([
      { api: 'EndTxn', body: { committed: false, producerEpoch: 0 } },
      { api: 'InitProducerId', body: { producerEpoch: 0 } },
    ]);
    expect(await transaction(cluster, producer)).toBe(true);
    expect(stamps(cluster).at(-1)).toEqual([1, 0]);
  });
});

test('v1: abort after an unknown outcome takes the next epoch too: the EndTxn before it cannot meet another transaction', async () => {
  const cluster = working(1).answers('EndTxn', 'close', {});
  const { producer } = await started(cluster);
  await expect(transaction(cluster, producer)).rejects.toMatchObject({ code: 'MR_CLIENT_TRANSACTION_OUTCOME_UNKNOWN' });
  await cluster.clock.until(producer.abort());
  expect(cluster.seen.slice(-2)).toMatchObject([
    { api: 'EndTxn', body: { committed: false, producerEpoch: 0 } },
    { api: 'InitProducerId', body: { producerId: 7, producerEpoch: 0 } },
  ]);
  expect(await transaction(cluster, producer)).toBe(true);
});

test('two stale answers in one transaction ask for the next epoch once', async () => {
  const cluster = working()
    .on('Produce', (request) => produced(request, 47))
    .answers('TxnOffsetCommit', committed(47));
  const { producer } = await started(cluster);
  producer.append('t', 0, null, bytes, 1);
  producer.append('t', 1, null, bytes, 1);
  const both = Promise.allSettled([producer.flush(), producer.sendOffsets(offsets, group)]);
  const codes = (await cluster.clock.until(both)).map((result) => result.status === 'rejected' && result.reason.code);
  expect(codes).toEqual(['MR_CLIENT_TRANSACTION_ABORTABLE', 'MR_CLIENT_TRANSACTION_ABORTABLE']);
  expect(cluster.requests('InitProducerId')).toHaveLength(2);
});

describe('the token of a transaction', () => {
  test('a Produce that is never answered holds abort up until it times out, and then changes nothing', async () => {
    const cluster = working().on('Produce', (request, { nth }) => (nth === 0 ? 'silence' : produced(request)));
    const { producer } = await started(cluster);
    producer.append('t', 0, null, bytes, 1);
    const flushing = producer.flush().catch(() => undefined);
    while (cluster.requests('Produce').length === 0) await cluster.clock.settle();
    await cluster.clock.until(producer.abort());
    await cluster.clock.until(flushing);
    expect(cluster.clock.monotonic()).toBeGreaterThanOrEqual(30_000);
    expect(await transaction(cluster, producer)).toBe(true);
    expect(stamps(cluster)).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  test('A16: what still repeats when the transaction is aborted never touches the next one', async () => {
    let holdBack = true;
    const cluster = working().on('TxnOffsetCommit', () => (holdBack ? committed(14) : committed()));
    const { producer } = await started(cluster);
    const orphan = producer.sendOffsets(offsets, group).then(
      () => 'sent',
      (error: { code: string }) => error.code,
    );
    await cluster.clock.pass(30);
    await cluster.clock.until(producer.abort());
    holdBack = false;
    const before = cluster.requests('TxnOffsetCommit').length;
    expect(await cluster.clock.until(orphan)).toBe('MR_CLIENT_TRANSACTION_ABORTABLE');
    producer.append('t', 0, null, bytes, 1);
    expect(await cluster.clock.until(producer.commit())).toBe(true);
    expect(cluster.requests('TxnOffsetCommit')).toHaveLength(before);
    expect(cluster.requests('EndTxn').map(({ body }) => body.committed)).toEqual([false, true]);
  });

  test('batches that were dropped by an abort are never sent, nor are their retries', async () => {
    const cluster = working().on('Produce', (request, { nth }) => produced(request, nth === 0 ? 19 : 0));
    const { producer } = await started(cluster);
    producer.append('t', 0, null, Buffer.from('dropped'), 1);
    const flushing = producer.flush().catch(() => undefined);
    while (cluster.requests('Produce').length === 0) await cluster.clock.settle();
    await cluster.clock.until(producer.abort());
    await cluster.clock.until(flushing);
    producer.append('t', 0, null, Buffer.from('kept'), 1);
    await cluster.clock.until(producer.commit());
    await cluster.clock.pass(5_000);
    const sent = cluster.requests('Produce').map(({ body }) => String(body.topicData[0]?.partitionData[0]?.records));
    expect(sent.map((records) => records.includes('kept'))).toEqual([false, true]);
    expect(stamps(cluster)).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  test('the id of the producer rotates when its epochs are used up: the answer of EndTxn says so', async () => {
    const cluster = working().on('EndTxn', ({ producerId, producerEpoch }) =>
      producerEpoch >= 1
        ? { producerId: producerId + 1, producerEpoch: 0 }
        : { producerId, producerEpoch: producerEpoch + 1 },
    );
    const { producer } = await started(cluster);
    for (let i = 0; i < 4; i++) await transaction(cluster, producer);
    expect(cluster.requests('EndTxn').map(({ body }) => [body.producerId, body.producerEpoch])).toEqual([
      [7, 0],
      [7, 1],
      [8, 0],
      [8, 1],
    ]);
  });
});
