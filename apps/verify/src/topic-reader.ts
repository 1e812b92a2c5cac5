import type { FetchedBatch, IsolationLevel, KafkaClient } from '@millrace/ports';

/** Reads whole topics to the end they had when reading began, partition after partition in offset order. */
export async function readTopic(
  client: KafkaClient,
  topic: string,
  isolation: IsolationLevel,
  visit: (batch: FetchedBatch, i: number) => void,
): Promise<void> {
  const view = (await client.topics([topic], { maxAgeMs: 0 })).get(topic);
  const partitions = (view?.partitions ?? []).map(({ partition }) => ({ topic, partition }));
  const ends = await client.admin.listOffsets(partitions, 'latest', isolation);
  const starts = await client.admin.listOffsets(partitions, 'earliest', isolation);
  const fetcher = client.fetcher({ isolation });
  const offsets = starts.map(({ partition, offset }) => ({ topic, partition, offset }));
  fetcher.assign(offsets);
  const isDone = (): boolean =>
    ends.every((end) => {
      const start = starts.find(({ partition }) => partition === end.partition)?.offset ?? 0;
      return (fetcher.position(end) ?? start) >= end.offset || start >= end.offset;
    });
  while (!isDone()) {
    for (const batch of await fetcher.poll(500)) {
      for (let i = 0; i < batch.count; i++) visit(batch, i);
    }
  }
  await fetcher.close();
}

/** How many data records a topic shows under an isolation level; the difference of both levels are aborted records. */
export async function countRecords(client: KafkaClient, topic: string, isolation: IsolationLevel): Promise<number> {
  let count = 0;
  await readTopic(client, topic, isolation, () => count++);
  return count;
}
