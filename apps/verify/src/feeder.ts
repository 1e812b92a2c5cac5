/** Posts go in at a pace that lasts as long as the kills do, so that each of them strikes a system at work. */
import type { Post } from '@millrace/app-demo';
import type { Clock } from '@millrace/base';
import type { RecordProducer } from '@millrace/ports';
import { partitionForKey } from '@millrace/protocol';
import type { Serde } from '@millrace/serde';
import type { ExpectedFold } from './expected.ts';

export interface FeederOptions {
  readonly posts: readonly Post[];
  readonly topic: string;
  readonly producer: RecordProducer;
  /** Opened for the topic. */
  readonly serde: Serde<Post>;
  /** Folds what is fed. */
  readonly fold: ExpectedFold;
  readonly clock: Clock;
  /** Seconds that the feeding should still take, asked for again and again; 0: as fast as it goes. */
  secondsLeft(): number;
}

const tickMs = 50;
const flushEvery = 5_000;

export async function feed(options: FeederOptions): Promise<void> {
  const { posts, producer, clock, secondsLeft } = options;
  await producer.prepare([options.topic]);
  for (let sent = 0; sent < posts.length;) {
    const ticks = (secondsLeft() * 1_000) / tickMs;
    const portion = Math.min(flushEvery, Math.ceil((posts.length - sent) / Math.max(1, ticks)));
    for (const post of posts.slice(sent, sent + portion)) send(post, options);
    sent += portion;
    await producer.ready();
    if (ticks > 0) await clock.sleep(tickMs);
  }
  await producer.flush();
}

function send(post: Post, { producer, serde, topic, fold }: FeederOptions): void {
  const key = Buffer.from(post.user);
  const partition = partitionForKey(key, producer.partitionCount(topic));
  producer.append(topic, partition, key, serde.serialize(topic, post), post.createdAt);
  fold.add(post);
}
