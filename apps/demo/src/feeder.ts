import type { Clock } from '@millrace/base';
import type { RecordProducer } from '@millrace/ports';
import { partitionForKey } from '@millrace/protocol';
import type { Serde } from '@millrace/serde';
import type { MentionFold } from './fold.ts';
import type { Post } from './post.ts';
import { postsTopic } from './topics.ts';

export interface FeederOptions {
  readonly producer: RecordProducer;
  /** Opened for `posts`. */
  readonly serde: Serde<Post>;
  /** Folds what is fed: the truth that the results are compared with. */
  readonly fold: MentionFold;
  readonly clock: Clock;
  /** Posts a second; Infinity: as fast as the producer takes them. */
  readonly rate: number;
  readonly signal: AbortSignal;
}

const tickMs = 20;
const flushEvery = 5_000;

/** Writes posts to the topic `posts`, key = user, timestamp = event time, at an even pace; ends with the last post or the signal. */
export async function feed(posts: Iterable<Post> | AsyncIterable<Post>, options: FeederOptions): Promise<void> {
  const { producer, clock, rate, signal } = options;
  const started = clock.monotonic();
  let sent = 0;
  for await (const post of posts) {
    if (signal.aborted) break;
    send(post, options);
    sent++;
    if (sent % flushEvery === 0) await producer.ready();
    const aheadMs = (sent / rate) * 1_000 - (clock.monotonic() - started);
    if (aheadMs > tickMs) await clock.sleep(aheadMs, signal);
  }
  await producer.flush();
}

function send(post: Post, { producer, serde, fold }: FeederOptions): void {
  const key = Buffer.from(post.user);
  const partition = partitionForKey(key, producer.partitionCount(postsTopic));
  producer.append(postsTopic, partition, key, serde.serialize(postsTopic, post), post.createdAt);
  fold.add(post);
}
