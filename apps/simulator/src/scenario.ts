/**
 * What happens in a run, told in virtual time by a host of the test's own: topics, workers, posts, faults; then the healing, and the
 * waiting until everything fed is counted and nothing is open.
 */
import { MentionFold, postSchema, type Post } from '@millrace/app-demo';
import { createKafkaClient } from '@millrace/client';
import type { KafkaClient, SchemaRegistry } from '@millrace/ports';
import { avro } from '@millrace/serde';
import { brokerAddress, type CommittedLog, type HostPorts, type World } from '@millrace/testing';
import type { Aftermath } from './checks.ts';
import { feed } from './feeder.ts';
import { observe } from './observer.ts';
import type { Plan } from './plan.ts';
import { countTopics, postIdOf, trendingTopic } from './results.ts';
import { applicationId } from './worker.ts';

const resultTopics = [...countTopics.map(({ topic }) => topic), trendingTopic];
const inputTopics = ['posts', `${applicationId}-by-hashtag-repartition`, `${applicationId}-by-window-repartition`];
/** How often the waiting looks. */
const lookMs = 200;

export class Scenario {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #registry: SchemaRegistry;
  readonly #posts: readonly Post[];
  readonly #host: HostPorts;
  readonly #client: KafkaClient;
  #observed: ReadonlyMap<string, readonly number[]> = new Map();
  #waitsFor = 'the topics';

  constructor(world: World, plan: Plan, registry: SchemaRegistry, posts: readonly Post[]) {
    this.#world = world;
    this.#plan = plan;
    this.#registry = registry;
    this.#posts = posts;
    this.#host = world.observer('test');
    this.#client = createKafkaClient({ ...this.#host, bootstrapServers: [brokerAddress], clientId: 'test' });
  }

  async play(): Promise<void> {
    const { faults } = this.#plan;
    await this.#prepare();
    const startedMs = this.#host.clock.monotonic();
    this.#world.startWorkers();
    this.#world.schedule(faults);
    this.#waitsFor = 'the feeder';
    await this.#feed();
    const lastFaultMs = startedMs + Math.max(0, ...faults.map(({ atMs }) => atMs));
    await this.#host.clock.sleep(Math.max(0, lastFaultMs - this.#host.clock.monotonic()));
    this.#world.heal();
    await this.#quiet();
    await this.#world.stopWorkers();
  }

  /** What the scenario is waiting for, for the report of a hang. */
  progress(): string {
    return `it waits for ${this.#waitsFor}`;
  }

  aftermath(): Aftermath {
    return {
      plan: this.#plan,
      expected: this.#expected(),
      committed: (topic) => this.#logs(topic).map(({ records }) => records),
      observed: this.#observed,
      changelogTopic: (store) => `${applicationId}-${store}-changelog`,
    };
  }

  abortedRecords(): number {
    return resultTopics.flatMap((topic) => this.#logs(topic)).reduce((sum, { aborted }) => sum + aborted, 0);
  }

  async #prepare(): Promise<void> {
    await this.#client.connect();
    const topics = ['posts', ...resultTopics].map((name) => ({
      name,
      partitions: this.#plan.partitions,
      replicationFactor: 1,
    }));
    await this.#client.admin.createTopics(topics);
    this.#observed = observe(this.#client, resultTopics, this.#plan.partitions);
  }

  async #feed(): Promise<void> {
    const serde = avro<Post>({ schema: postSchema });
    await serde.open?.({ topic: 'posts', isKey: false, registry: this.#registry });
    await feed({ ...this.#host, client: this.#client, serde, plan: this.#plan, posts: this.#posts });
  }

  /** Waits until every committed input record is behind its group's committed offset and no transaction is open. */
  async #quiet(): Promise<void> {
    while (!(await this.#isQuiet())) await this.#host.clock.sleep(lookMs);
  }

  async #isQuiet(): Promise<boolean> {
    const committed = new Map<string, number>();
    for (const { topic, partition, offset } of await this.#client.admin.groupOffsets(applicationId))
      committed.set(`${topic}-${partition}`, offset);
    for (const topic of [...inputTopics, ...resultTopics]) {
      for (const [partition, { records, undecided }] of this.#logs(topic).entries()) {
        this.#waitsFor =
          undecided > 0 ? `an open transaction on ${topic}-${partition}` : `offsets of ${topic}-${partition}`;
        const last = records.at(-1)?.offset ?? -1;
        if (undecided > 0 || (inputTopics.includes(topic) && (committed.get(`${topic}-${partition}`) ?? 0) <= last))
          return false;
      }
    }
    return true;
  }

  /** The fold of the committed posts: what was fed, as the log has it. */
  #expected(): MentionFold {
    const byId = new Map(this.#posts.map((post) => [post.id, post]));
    const fold = new MentionFold();
    for (const record of this.#logs('posts').flatMap(({ records }) => records)) {
      const post = byId.get(postIdOf(record));
      if (post !== undefined) fold.add(post);
    }
    return fold;
  }

  #logs(topic: string): readonly CommittedLog[] {
    return this.#world.logs(topic);
  }
}
