/** Puts posts into the topic over the time of the plan: with an idempotent producer, or in transactions of which some are aborted. */
import { MillraceError, type Clock, type Random } from '@millrace/base';
import type { Post } from '@millrace/app-demo';
import type { KafkaClient, RecordProducer } from '@millrace/ports';
import { partitionForKey } from '@millrace/protocol';
import type { Serde } from '@millrace/serde';
import type { Plan } from './plan.ts';

export interface FeederOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly serde: Serde<Post>;
  readonly plan: Plan;
}

const postsTopic = 'posts';
const postsPerStep = 5;

/** Feeds posts at the pace of the plan. */
export type Feeder = (posts: readonly Post[]) => Promise<void>;

export async function openFeeder(options: FeederOptions): Promise<Feeder> {
  const { clock, plan } = options;
  const step = plan.feedAbortShare === undefined ? await plainSteps(options) : await transactionalSteps(options);
  const stepMs = (plan.feedMs * postsPerStep) / plan.posts;
  return async (posts) => {
    for (let at = 0; at < posts.length; at += postsPerStep) {
      await step(posts.slice(at, at + postsPerStep));
      await clock.sleep(stepMs);
    }
  };
}

async function plainSteps(options: FeederOptions): Promise<Feeder> {
  const producer = options.client.producer({ lingerMs: 0 });
  await producer.prepare([postsTopic]);
  return async (posts) => {
    append(producer, options.serde, posts);
    await producer.flush();
  };
}

async function transactionalSteps(options: FeederOptions): Promise<Feeder> {
  const { client, random, plan } = options;
  const producer = client.transactionalProducer({ transactionalId: 'feeder', transactionTimeoutMs: 20_000 });
  await producer.init();
  await producer.prepare([postsTopic]);
  return async (posts) => {
    try {
      append(producer, options.serde, posts);
      await producer.flush();
      if (random.next() < (plan.feedAbortShare ?? 0)) await producer.abort();
      else await producer.commit();
    } catch (error) {
      // However it ended, it is left so: the log tells afterwards what was fed.
      if (!MillraceError.is(error) || error.severity !== 'retriable') throw error;
      await producer.init();
    }
  };
}

function append(producer: RecordProducer, serde: Serde<Post>, posts: readonly Post[]): void {
  const partitions = producer.partitionCount(postsTopic);
  for (const post of posts) {
    const key = Buffer.from(post.user);
    producer.append(
      postsTopic,
      partitionForKey(key, partitions),
      key,
      serde.serialize(postsTopic, post),
      post.createdAt,
    );
  }
}
