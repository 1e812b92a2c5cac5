/**
 * What happens in a run, told in virtual time by a host of the test's own: topics, workers, posts, faults; then the healing, and the
 * waiting until everything fed is counted and nothing is open.
 */
import { MentionFold, postSchema, type Post } from '@millrace/app-demo';
import { createKafkaClient } from '@millrace/client';
import type { KafkaClient, SchemaRegistry } from '@millrace/ports';
import { avro } from '@millrace/serde';
import { brokerAddress, unfinished, type CommittedLog, type HostPorts, type World } from '@millrace/testing';
import type { Aftermath } from './checks.ts';
import { openFeeder, type Feeder } from './feeder.ts';
import { observe, type Observer } from './observer.ts';
import type { Plan } from './plan.ts';
import { countTopics, postIdOf, stores, trendingTopic } from './results.ts';
import { readStoredTasks } from './stored-state.ts';
import { applicationId } from './worker.ts';

const resultTopics: readonly string[] = [...countTopics.map(({ topic }) => topic), trendingTopic];
const inputTopics: readonly string[] = [
  'posts',
  `${applicationId}-by-hashtag-repartition`,
  `${applicationId}-by-window-repartition`,
];
const changelogTopic = (store: string): string => `${applicationId}-${store}-changelog`;
const allTopics = [...inputTopics, ...resultTopics, ...stores.map(({ store }) => changelogTopic(store))];
/** How often the waiting looks. */
const lookMs = 200;

export class Scenario {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #registry: SchemaRegistry;
  readonly #posts: readonly Post[];
  readonly #host: HostPorts;
  readonly #client: KafkaClient;
  #observer: Observer | undefined;
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
    const { faults, afterwardsShare } = this.#plan;
    await this.#prepare();
    const feeder = await this.#feeder();
    const afterwards = Math.ceil(this.#posts.length * (1 - afterwardsShare));
    const startedMs = this.#host.clock.monotonic();
    this.#world.startWorkers();
    this.#world.schedule(faults);
    this.#waitsFor = 'the feeder';
    await feeder(this.#posts.slice(0, afterwards));
    const lastFaultMs = startedMs + Math.max(0, ...faults.map(({ atMs }) => atMs));
    await this.#host.clock.sleep(Math.max(0, lastFaultMs - this.#host.clock.monotonic()));
    this.#world.heal();
    await this.#quiet();
    // What the faults have left on disks and in the group is worked on: damage there shows now.
    await this.#world.stopWorkers();
    this.#world.startWorkers();
    await feeder(this.#posts.slice(afterwards));
    await this.#quiet();
    this.#waitsFor = 'the workers to stop';
    await this.#world.stopWorkers();
  }

  /** What the scenario is waiting for, for the report of a hang. */
  progress(): string {
    return `it waits for ${this.#waitsFor}`;
  }

  async aftermath(): Promise<Aftermath> {
    return {
      plan: this.#plan,
      expected: this.#expected(),
      committed: (topic) => this.#logs(topic).map(({ records }) => records),
      storedTasks: await readStoredTasks(this.#world.disks()),
      observed: this.#observer?.offsets ?? new Map(),
      changelogTopic,
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
    this.#observer = observe(this.#client, resultTopics, this.#plan.partitions);
  }

  async #feeder(): Promise<Feeder> {
    const serde = avro<Post>({ schema: postSchema });
    await serde.open?.({ topic: 'posts', isKey: false, registry: this.#registry });
    return openFeeder({ ...this.#host, client: this.#client, serde, plan: this.#plan });
  }

  /** Waits until every committed input record is behind its group's committed offset, no transaction is open, and the observer has read all. */
  async #quiet(): Promise<void> {
    for (let open = await this.#open(); open !== undefined; open = await this.#open()) {
      this.#waitsFor = open;
      await this.#host.clock.sleep(lookMs);
    }
  }

  /** The first thing that is not done. */
  async #open(): Promise<string | undefined> {
    const work = { group: applicationId, inputs: inputTopics, topics: allTopics };
    const open = await unfinished(this.#world, this.#client, work);
    return open ?? resultTopics.flatMap((topic) => this.#unobserved(topic))[0];
  }

  #unobserved(topic: string): string[] {
    return this.#logs(topic).flatMap(({ records }, partition) => {
      const next = (records.at(-1)?.offset ?? -1) + 1;
      const isRead = (this.#observer?.position(topic, partition) ?? 0) >= next;
      return isRead ? [] : [`the observer of ${topic}-${partition}`];
    });
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
