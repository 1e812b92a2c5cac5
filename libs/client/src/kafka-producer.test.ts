import { describe, expect, test } from '@jest/globals';
import { readBatchHeader } from '@millrace/protocol';
import type { ProducerOptions, RecordProducer } from '@millrace/ports';
import { ScriptedCluster, type RequestBody, type ResponseBody } from './testdata/scripted-broker.ts';

const bytes = Buffer.from('x');

/** Partition and sequence of each batch of a Produce. */
function batchesOf({ topicData }: RequestBody<'Produce'>): { at: string; sequence: number; count: number }[] {
  return topicData.flatMap(({ name, partitionData }) =>
    partitionData.map(({ index, records }) => {
      const header = readBatchHeader(records as Buffer, 0);
      return { at: `${name}-${index}`, sequence: header?.baseSequence ?? -9, count: header?.count ?? 0 };
    }),
  );
}

/** The same answer for every batch of a request. */
function answer({ topicData }: RequestBody<'Produce'>, errorCode: number, baseOffset = 0): ResponseBody<'Produce'> {
  return {
    responses: topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({ index, errorCode, baseOffset })),
    })),
  };
}

async function started(
  cluster: ScriptedCluster,
  options: ProducerOptions = {},
  leaders = [0],
): Promise<RecordProducer> {
  cluster.topics.set('t', { leaders });
  const client = cluster.client();
  await cluster.clock.until(client.connect());
  const producer = client.producer(options);
  await cluster.clock.until(producer.prepare(['t']));
  return producer;
}

describe('the idempotent producer', () => {
  test('a lost answer, a retriable error and a duplicate end in one acknowledgement under one sequence', async () => {
    const cluster = new ScriptedCluster().on('Produce', (request, { nth }) =>
      nth === 0 ? 'close' : answer(request, nth === 1 ? 19 : 46, -1),
    );
    const producer = await started(cluster);
    producer.append('t', 0, null, bytes, 1);
    await cluster.clock.until(producer.flush());
    expect(cluster.requests('Produce').map(({ body }) => batchesOf(body)[0]?.sequence)).toEqual([0, 0, 0]);
    // Where a duplicate of long ago is, nobody says.
    expect(producer.endOffset('t', 0)).toBeUndefined();
  });

  test('batches stay in order when one of five in flight fails', async () => {
    const log: number[] = [];
    let expected = 0;
    const cluster = new ScriptedCluster().on('Produce', (request, { nth }) => {
      const { sequence, count } = batchesOf(request)[0] as { sequence: number; count: number };
      if (nth === 1) return answer(request, 6);
      if (sequence !== expected) return answer(request, 45);
      expected = sequence + count;
      log.push(sequence);
      return answer(request, 0, sequence);
    });
    const producer = await started(cluster, { batchBytes: 300 });
    for (let i = 0; i < 8; i++) producer.append('t', 0, null, Buffer.alloc(150), 1);
    await cluster.clock.until(producer.flush());
    expect(log).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(producer.endOffset('t', 0)).toBe(8);
  });

  test.each([45, 59])('P6: a log that does not continue (%d) is an error, never a silent resend', async (code) => {
    const cluster = new ScriptedCluster().on('Produce', (request) => answer(request, code));
    const producer = await started(cluster);
    producer.append('t', 0, null, bytes, 1);
    await expect(cluster.clock.until(producer.flush())).rejects.toMatchObject({
      code: 'MR_CLIENT_SEQUENCE_BROKEN',
      details: { topic: 't', partition: 0, sequence: 0 },
    });
    expect(cluster.requests('Produce')).toHaveLength(1);
    expect(cluster.requests('InitProducerId')).toHaveLength(1);
    expect(() => producer.append('t', 0, null, bytes, 1)).toThrow(
      expect.objectContaining({ code: 'MR_CLIENT_SEQUENCE_BROKEN' }),
    );
  });

  test('P6, K6: when leaders move between attempt and retry each batch goes to its own leader', async () => {
    const cluster = new ScriptedCluster();
    cluster.nodes = [0, 1];
    cluster.on('Produce', (request, { node }) => {
      const leaders = cluster.topics.get('t')?.leaders ?? [];
      if (node === 0 && leaders[1] === 0) {
        leaders[1] = 1;
        return answer(request, 6);
      }
      return answer(request, 0, 100 * node);
    });
    const producer = await started(cluster, {}, [0, 0]);
    producer.append('t', 0, null, bytes, 1);
    producer.append('t', 1, null, bytes, 1);
    await cluster.clock.until(producer.flush());
    const retries = cluster.requests('Produce').slice(1);
    expect(retries.map(({ node, body }) => [node, batchesOf(body).map(({ at }) => at)]).sort()).toEqual([
      [0, ['t-0']],
      [1, ['t-1']],
    ]);
    expect([producer.endOffset('t', 0), producer.endOffset('t', 1)]).toEqual([1, 101]);
  });

  test('partitions of one leader share a request; a partition has one batch in it', async () => {
    const cluster = new ScriptedCluster().on('Produce', (request) => answer(request, 0));
    const producer = await started(cluster, { batchBytes: 300 }, [0, 0, 0]);
    for (let i = 0; i < 6; i++) producer.append('t', i % 3, null, Buffer.alloc(150), 1);
    await cluster.clock.until(producer.flush());
    expect(cluster.requests('Produce').map(({ body }) => batchesOf(body).length)).toEqual([3, 3]);
  });

  test('linger sends what is not full; ready waits for room', async () => {
    const cluster = new ScriptedCluster().on('Produce', (request) => answer(request, 0));
    const producer = await started(cluster, { lingerMs: 20, bufferBytes: 1_000 });
    expect(producer.append('t', 0, null, bytes, 1)).toBe(true);
    await cluster.clock.pass(19);
    expect(cluster.requests('Produce')).toHaveLength(0);
    await cluster.clock.pass(2);
    expect(cluster.requests('Produce')).toHaveLength(1);
    expect(producer.append('t', 0, null, Buffer.alloc(2_000), 1)).toBe(false);
    await cluster.clock.until(producer.ready());
    expect(cluster.requests('Produce')).toHaveLength(2);
  });

  test('a batch that is refused for too long fails with its partition', async () => {
    const cluster = new ScriptedCluster().on('Produce', (request) => answer(request, 19));
    const producer = await started(cluster, { deliveryTimeoutMs: 5_000 });
    producer.append('t', 0, null, bytes, 1);
    await expect(cluster.clock.until(producer.flush())).rejects.toMatchObject({
      code: 'MR_CLIENT_DELIVERY_TIMED_OUT',
      severity: 'retriable',
      details: { topic: 't', partition: 0, count: 1 },
    });
  });

  test.each([
    [29, 'MR_CLIENT_NOT_AUTHORIZED', 'user'],
    [10, 'MR_CLIENT_BATCH_TOO_LARGE', 'user'],
    [87, 'MR_CLIENT_BROKER_REFUSED', 'user'],
    [4711, 'MR_CLIENT_BROKER_REFUSED', 'user'],
    [47, 'MR_CLIENT_FENCED', 'fenced'],
  ])('error %d is final: %s', async (errorCode, code, severity) => {
    const cluster = new ScriptedCluster().on('Produce', (request) => answer(request, errorCode));
    const producer = await started(cluster);
    producer.append('t', 0, null, bytes, 1);
    const failed = cluster.clock.until(producer.flush());
    await expect(failed).rejects.toMatchObject({ code, severity });
    await expect(failed).rejects.toThrow('t-0');
  });

  test('a topic that does not exist, or a partition beyond its end, is named', async () => {
    const cluster = new ScriptedCluster();
    const producer = await started(cluster);
    await expect(cluster.clock.until(producer.prepare(['nowhere']))).rejects.toMatchObject({
      code: 'MR_CLIENT_TOPIC_MISSING',
    });
    expect(() => producer.append('t', 9, null, bytes, 1)).toThrow(
      expect.objectContaining({
        code: 'MR_CLIENT_PARTITION_MISSING',
        details: { topic: 't', partition: 9, partitions: 1 },
      }),
    );
  });
});
