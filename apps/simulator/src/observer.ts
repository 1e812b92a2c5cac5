import type { KafkaClient } from '@millrace/ports';

/** A read_committed consumer that reads result topics from before the first fault on: topic-partition -> offsets in the order they came. */
export function observe(client: KafkaClient, topics: readonly string[], partitions: number): Map<string, number[]> {
  const observed = new Map<string, number[]>();
  const fetcher = client.fetcher({ isolation: 'read_committed', offsetReset: 'earliest' });
  fetcher.assign(
    topics.flatMap((topic) => Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 }))),
  );
  const read = async (): Promise<never> => {
    for (;;) {
      for (const batch of await fetcher.poll(500)) {
        const key = `${batch.topic}-${batch.partition}`;
        const offsets = observed.get(key) ?? [];
        for (let i = 0; i < batch.count; i++) offsets.push(batch.offset(i));
        observed.set(key, offsets);
      }
    }
  };
  void read();
  return observed;
}
