import type { KafkaClient } from '@millrace/ports';

/** The last all-time count of each hashtag in a result topic, read from the beginning with read_committed. */
export async function allTimeCounts(client: KafkaClient, topic: string): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const view = (await client.topics([topic], { maxAgeMs: 0 })).get(topic);
  const partitions = (view?.partitions ?? []).map(({ partition }) => ({ topic, partition }));
  const ends = (await client.admin.listOffsets(partitions, 'latest', 'read_committed')).filter(
    ({ offset }) => offset > 0,
  );
  const starts = await client.admin.listOffsets(ends, 'earliest', 'read_committed');
  const fetcher = client.fetcher({ isolation: 'read_committed' });
  fetcher.assign(starts);
  const isDone = (): boolean => ends.every((end) => (fetcher.position(end) ?? 0) >= end.offset);
  while (!isDone()) {
    for (const batch of await fetcher.poll(200)) {
      for (let i = 0; i < batch.count; i++) {
        const key = batch.key(i)?.toString('utf8') ?? '';
        counts.set(key, Number(batch.value(i)?.readBigInt64BE() ?? 0));
      }
    }
  }
  await fetcher.close();
  return counts;
}

export function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}
