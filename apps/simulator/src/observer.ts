import type { KafkaClient } from '@millrace/ports';

/** A read_committed consumer that reads along from before the first fault on. */
export interface Observer {
  /** topic-partition -> offsets in the order they came. */
  readonly offsets: ReadonlyMap<string, readonly number[]>;
  /** Where it reads on. */
  position(topic: string, partition: number): number;
}

export function observe(client: KafkaClient, topics: readonly string[], partitions: number): Observer {
  const offsets = new Map<string, number[]>();
  const fetcher = client.fetcher({ isolation: 'read_committed', offsetReset: 'earliest' });
  fetcher.assign(
    topics.flatMap((topic) => Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 }))),
  );
  const read = async (): Promise<never> => {
    for (;;) {
      for (const batch of await fetcher.poll(500)) {
        const key = `${batch.topic}-${batch.partition}`;
        const own = offsets.get(key) ?? [];
        for (let i = 0; i < batch.count; i++) own.push(batch.offset(i));
        offsets.set(key, own);
      }
    }
  };
  void read();
  return { offsets, position: (topic, partition) => fetcher.position({ topic, partition }) ?? 0 };
}
