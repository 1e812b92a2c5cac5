import type { KafkaClient } from '@millrace/ports';
import { Digest } from './digest.ts';
import { readCommitted } from './read-committed.ts';

/** The digest of all committed records of a topic but tombstones. */
export async function topicDigest(client: KafkaClient, topic: string): Promise<Digest> {
  const digest = new Digest();
  await readCommitted(client, topic, (key, value) => {
    if (value !== null) digest.add(key, value);
  });
  return digest;
}
