import { describe, expect, test } from '@jest/globals';
import type { FetchedBatch, Fetcher, FetcherOptions } from '@millrace/ports';
import { BatchBuilder, assignOffsets } from '@millrace/protocol';
import { ScriptedCluster, type RequestBody, type ResponseBody } from './testdata/scripted-broker.ts';

type FetchAnswer = NonNullable<NonNullable<ResponseBody<'Fetch'>['responses']>[number]['partitions']>[number];

const at = (partition = 0) => ({ topic: 't', partition });

function batch(baseOffset: number, ...values: string[]): Buffer {
  const builder = new BatchBuilder();
  for (const value of values) builder.append(null, Buffer.from(value), baseOffset);
  const bytes = builder.build();
  assignOffsets(bytes, { baseOffset, leaderEpoch: 1 });
  return bytes;
}

/** Answers a Fetch partition by partition; undefined: nothing new there. Nothing new at all: the broker holds it. */
function answering(
  cluster: ScriptedCluster,
  answer: (partition: number, offset: number, nth: number, node: number) => FetchAnswer | undefined,
): ScriptedCluster {
  return cluster.on('Fetch', (request: RequestBody<'Fetch'>, { nth, node }) => {
    let isNew = false;
    const responses = request.topics.map(({ topic, topicId, partitions }) => ({
      topic,
      topicId,
      partitions: partitions.map(({ partition, fetchOffset }) => {
        const one = answer(partition, fetchOffset, nth, node);
        if (one !== undefined) isNew = true;
        return { partitionIndex: partition, ...one };
      }),
    }));
    return isNew ? { responses } : 'silence';
  });
}

async function fetching(
  cluster: ScriptedCluster,
  options: Partial<FetcherOptions> = {},
  offsets: readonly number[] = [0],
): Promise<Fetcher> {
  if (!cluster.topics.has('t')) cluster.topics.set('t', { leaders: offsets.map(() => 0) });
  const client = cluster.client();
  await cluster.clock.until(client.connect());
  const fetcher = client.fetcher({ isolation: 'read_committed', ...options });
  fetcher.assign(offsets.map((offset, partition) => ({ ...at(partition), offset })));
  return fetcher;
}

async function read(cluster: ScriptedCluster, fetcher: Fetcher): Promise<FetchedBatch[]> {
  for (let i = 0; i < 100; i++) {
    const batches = await cluster.clock.until(fetcher.poll(1_000));
    if (batches.length > 0) return batches;
  }
  return [];
}

const values = (batches: readonly FetchedBatch[]): string[] =>
  batches.flatMap((one) => Array.from({ length: one.count }, (_, i) => String(one.value(i))));

test('a partition that cannot be read takes nothing from the others with it', async () => {
  const cluster = answering(new ScriptedCluster(), (partition, offset) =>
    partition === 1 ? { errorCode: 29 } : offset === 0 ? { records: batch(0, 'kept') } : undefined,
  );
  const fetcher = await fetching(cluster, {}, [0, 0]);
  await cluster.clock.settle();
  await expect(fetcher.poll(0)).rejects.toMatchObject({ code: 'MR_CLIENT_NOT_AUTHORIZED' });
  fetcher.unassign([at(1)]);
  expect(values(await read(cluster, fetcher))).toEqual(['kept']);
});

describe('positions', () => {
  test('a beginning and an end are looked up at the leader', async () => {
    const cluster = answering(new ScriptedCluster(), () => undefined).on('ListOffsets', ({ topics }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => ({
          partitionIndex,
          offset: timestamp === -2 ? 3 : 9,
        })),
      })),
    }));
    const fetcher = await fetching(cluster, {}, [-2, -1]);
    await cluster.clock.until(fetcher.poll(100));
    expect([fetcher.position(at(0)), fetcher.position(at(1))]).toEqual([3, 9]);
    expect(cluster.requests('ListOffsets')[0]?.body.isolationLevel).toBe(1);
  });

  test('what comes for a partition that was moved or dropped meanwhile is ignored', async () => {
    const cluster = answering(new ScriptedCluster(), (partition, offset) => ({
      records: batch(offset, `p${partition}@${offset}`),
    }));
    const fetcher = await fetching(cluster, {}, [0, 0]);
    await cluster.clock.settle();
    fetcher.assign([{ ...at(0), offset: 50 }]);
    fetcher.unassign([at(1)]);
    expect(values(await read(cluster, fetcher))).toEqual(['p0@50']);
    expect(fetcher.position(at(0))).toBe(51);
    expect(fetcher.position(at(1))).toBeUndefined();
  });

  test('what is ignored takes no room', async () => {
    const cluster = answering(new ScriptedCluster(), (_partition, offset) => ({
      records: batch(offset, 'x'.repeat(900)),
    }));
    const fetcher = await fetching(cluster, { maxBufferedBytes: 2_000 });
    for (let i = 1; i <= 10; i++) {
      // Moved while the answer is on its way.
      while (cluster.requests('Fetch').length < i) await Promise.resolve();
      fetcher.assign([{ ...at(), offset: 100 * i }]);
    }
    expect(values(await read(cluster, fetcher))).toHaveLength(1);
    expect(fetcher.position(at())).toBe(1_001);
  });

  test.each(['earliest', 'fail'] as const)('an offset that is gone: %s', async (offsetReset) => {
    const cluster = answering(new ScriptedCluster(), (_partition, offset) =>
      offset < 7 ? { errorCode: 1 } : { records: batch(offset, 'first') },
    ).answers('ListOffsets', { topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 7 }] }] });
    const fetcher = await fetching(cluster, { offsetReset });
    if (offsetReset === 'fail') {
      await expect(read(cluster, fetcher)).rejects.toMatchObject({
        code: 'MR_CLIENT_OFFSET_OUT_OF_RANGE',
        details: { topic: 't', partition: 0, offset: 0 },
      });
      fetcher.assign([{ ...at(), offset: 7 }]);
    }
    expect(values(await read(cluster, fetcher))).toEqual(['first']);
  });
});

describe('bounds', () => {
  test('a partition whose records wait is not asked for again; the others are, and are not held up', async () => {
    const cluster = answering(new ScriptedCluster(), (partition, offset) =>
      partition === 0 ? { records: batch(offset, 'x'.repeat(500)) } : undefined,
    );
    const fetcher = await fetching(cluster, { maxPartitionBytes: 1_000, maxWaitMs: 5_000 }, [0, 0]);
    await cluster.clock.settle();
    const asked = cluster.requests('Fetch').map(({ body }) => ({
      partitions: body.topics.flatMap((topic) => topic.partitions.map(({ partition }) => partition)),
      maxWaitMs: body.maxWaitMs,
    }));
    expect(asked[0]).toEqual({ partitions: [0, 1], maxWaitMs: 5_000 });
    expect(asked.at(-1)).toEqual({ partitions: [1], maxWaitMs: 50 });
    expect(values(await read(cluster, fetcher))).toHaveLength(1);
  });

  test('nothing is fetched beyond the buffer, nor for paused partitions', async () => {
    const cluster = answering(new ScriptedCluster(), (_partition, offset) => ({
      records: batch(offset, 'x'.repeat(500)),
    }));
    const fetcher = await fetching(cluster, { maxBufferedBytes: 2_000, maxPartitionBytes: 10_000 });
    await cluster.clock.settle();
    expect(cluster.requests('Fetch')).toHaveLength(4);
    fetcher.pause([at()]);
    expect(await cluster.clock.until(fetcher.poll(10))).toEqual([]);
    fetcher.resume([at()]);
    expect(values(await read(cluster, fetcher))).toHaveLength(1);
    await cluster.clock.settle();
    expect(cluster.requests('Fetch')).toHaveLength(5);
  });
});

describe('trouble', () => {
  test('a leader that moves is followed', async () => {
    const cluster = new ScriptedCluster();
    cluster.nodes = [0, 1];
    cluster.topics.set('t', { leaders: [0] });
    answering(cluster, (_partition, offset, _nth, node) => {
      if (node === 1) return { records: batch(offset, 'from 1') };
      cluster.topics.set('t', { leaders: [1] });
      return { errorCode: 6 };
    });
    expect(values(await read(cluster, await fetching(cluster)))).toEqual(['from 1']);
  });

  test('bytes damaged on the way are fetched again; damage in the log is told with its position', async () => {
    for (const times of [1, 2]) {
      let fetched = 0;
      const cluster = answering(new ScriptedCluster(), (_partition, offset) => {
        const records = batch(offset, 'whole');
        if (offset === 0 && fetched++ < times) records[records.length - 3] = (records[records.length - 3] ?? 0) ^ 0xff;
        // One at a time: what is behind the damage comes later.
        return offset > 0 ? undefined : { records };
      });
      const fetcher = await fetching(cluster);
      const first = read(cluster, fetcher);
      if (times === 1) expect(values(await first)).toEqual(['whole']);
      else
        await expect(first).rejects.toMatchObject({
          code: 'MR_CLIENT_BATCH_CORRUPT',
          severity: 'user',
          details: { topic: 't', partition: 0, offset: 0 },
        });
    }
  });

  test('missing rights are told by poll, after what came before them', async () => {
    const cluster = answering(new ScriptedCluster(), (_partition, offset) =>
      offset === 0 ? { records: batch(0, 'seen') } : { errorCode: 29 },
    );
    const fetcher = await fetching(cluster);
    await cluster.clock.settle();
    expect(values(await read(cluster, fetcher))).toEqual(['seen']);
    await expect(read(cluster, fetcher)).rejects.toMatchObject({ code: 'MR_CLIENT_NOT_AUTHORIZED' });
  });

  test('wakeup ends a poll that waits, and the next one if none does', async () => {
    const cluster = answering(new ScriptedCluster(), () => undefined);
    const fetcher = await fetching(cluster);
    const waiting = fetcher.poll(1_000_000);
    fetcher.wakeup();
    expect(await waiting).toEqual([]);
    fetcher.wakeup();
    const before = cluster.clock.monotonic();
    await cluster.clock.until(fetcher.poll(1_000));
    expect(cluster.clock.monotonic()).toBe(before);
  });
});
