import type { KafkaClient } from '@millrace/ports';
import { partitionsOf } from './bench-topics.ts';

/** Hands out all committed records that a topic has at this moment, each partition in order. */
export async function readCommitted(
  client: KafkaClient,
  topic: string,
  each: (key: Buffer | null, value: Buffer | null) => void,
): Promise<void> {
  const fetcher = client.fetcher({ isolation: 'read_committed', offsetReset: 'earliest' });
  try {
    const ends = await client.admin.listOffsets(partitionsOf(topic), 'latest', 'read_committed');
    fetcher.assign(await client.admin.listOffsets(partitionsOf(topic), 'earliest', 'read_committed'));
    while (ends.some((end) => (fetcher.position(end) ?? 0) < end.offset)) {
      for (const batch of await fetcher.poll(200))
        for (let i = 0; i < batch.count; i++) each(batch.key(i), batch.value(i));
    }
  } finally {
    await fetcher.close();
  }
}
