/**
 * A topology under test as it runs in production: several instances of the application on the real client, a broker with several partitions, transactions,
 * a group that rebalances. All of it in virtual time and from a seed, so a test takes milliseconds and does the same every time; instances can be killed
 * at any point. The test driver is simpler and shows each step; this shows what a crash, a takeover and a partition do to results.
 *
 * ```ts
 * const cluster = await TopologyTestCluster.open(builder.build(), { partitions: 3, instances: 2, seed: 7 });
 * const words = cluster.createInputTopic('words', { key: Serdes.string(), value: Serdes.string() });
 * const counts = cluster.createOutputTopic('counts', { key: Serdes.string(), value: Serdes.long() });
 * for (const word of ['a', 'b', 'a']) await words.pipeInput(word, word);
 * cluster.crashAt(0, 40);          // at the 40th event from now
 * await cluster.settle();          // the other instance takes over and finishes
 * expect(counts.readLastValues()).toEqual(new Map([['a', 2], ['b', 1]]));
 * await cluster.close();
 * ```
 */
import { durationMs, millraceError, type Duration } from '@millrace/base';
import { createKafkaClient } from '@millrace/client';
import type { KafkaClient, RecordProducer } from '@millrace/ports';
import { KafkaStreams, type StreamsConfigInput } from '@millrace/runtime';
import type { SchemaSource } from '@millrace/serde';
import { freshMemoryEngine } from '@millrace/store-memory';
import { brokerAddress, streamsProgram, unfinished, World, type HostPorts, type WorkerPorts } from '@millrace/testing';
import type { Program } from '@millrace/topology';
import type { TopicSerdes } from '../test-topics.ts';
import { ClusterInputTopic, ClusterOutputTopic, type ClusterAccess, type SentRecord } from './cluster-clients.ts';
import { clusterTopics, type ClusterTopics } from './cluster-topics.ts';

/** What a test cluster is made of. */
export interface ClusterOptions {
  /** Its name, and that of its group. @default 'test' */
  readonly applicationId?: string;
  /** Partitions of each topic that the topology reads or writes. @default 2 */
  readonly partitions?: number;
  /** Instances of the application; all are started. @default 2 */
  readonly instances?: number;
  /** What decides everything that is left to chance: latencies, ids, order. @default 1 */
  readonly seed?: number;
  /** Settings of the application beside those above. Exactly once, a commit every 100 ms and a session time-out of 2 s unless set. */
  readonly config?: StreamsConfigInput;
  /** Where serdes find their schemas. */
  readonly registry?: SchemaSource;
}

/** How an instance ends that is killed. */
export interface KillOptions {
  /** What is left of its local state. @default 'kept' */
  readonly disk?: 'kept' | 'lost';
  /** It starts again by itself after this much virtual time. @default not before `start` */
  readonly restartAfter?: Duration;
}

interface PlannedCrash {
  readonly instance: number;
  readonly atEvent: number;
  readonly options: KillOptions;
}

/** How long anything may take, in virtual time and in events, before the cluster counts as stuck. */
const limits = { timeMs: 180_000, events: 5_000_000 };
const lookMs = 50;
const noFaults = { latencyMs: 2, slowShare: 0, slowMs: 0, lostReplyShare: 0, lostRequestShare: 0 };

/**
 * Instances of an application, their broker and the network between them, in virtual time: see the head of this file for an example. One at a time;
 * methods that wait let virtual time pass, the others do not.
 */
export class TopologyTestCluster {
  readonly #world: World;
  readonly #host: HostPorts;
  readonly #client: KafkaClient;
  readonly #producer: RecordProducer;
  readonly #topics: ClusterTopics;
  readonly #applicationId: string;
  readonly #instances: number;
  readonly #access: ClusterAccess;
  /** By the name of the instance; of one that is down the last one. */
  readonly #streams = new Map<string, KafkaStreams>();
  #crashes: PlannedCrash[] = [];

  private constructor(program: Program, options: ClusterOptions) {
    const { applicationId = 'test', partitions = 2, instances = 2, seed = 1 } = options;
    this.#applicationId = applicationId;
    this.#instances = instances;
    this.#world = new World({
      seed,
      broker: {
        transactionVersion: 2,
        markerDelay: { minMs: 0, maxMs: 2 },
        forgetsMarkers: false,
        cleanupIntervalMs: 0,
      },
      workers: instances,
      network: noFaults,
      disk: { latencyMs: 0, slowShare: 0 },
      keepTrace: false,
      launch: (ports) =>
        streamsProgram(ports, () => {
          const streams = applicationOf(program, ports, options);
          this.#streams.set(ports.name, streams);
          return Promise.resolve(streams);
        }),
    });
    this.#topics = clusterTopics(program.topology, applicationId, partitions);
    this.#host = this.#world.observer('test');
    this.#client = createKafkaClient({ ...this.#host, bootstrapServers: [brokerAddress], clientId: 'test' });
    this.#producer = this.#client.producer({ lingerMs: 0 });
    this.#access = {
      now: () => this.#host.clock.now(),
      partitionCount: (topic) => this.#producer.partitionCount(topic),
      send: (topic, partition, record) => this.#until(this.#send(topic, partition, record), `a record for ${topic}`),
      committed: (topic) => this.#world.logs(topic).map(({ records }) => records),
    };
  }

  /** Makes the topics and starts all instances. Close the cluster when done. */
  static async open(program: Program, options: ClusterOptions = {}): Promise<TopologyTestCluster> {
    const cluster = new TopologyTestCluster(program, options);
    await cluster.#until(cluster.#prepare(options.partitions ?? 2), 'the topics');
    cluster.#world.startWorkers();
    return cluster;
  }

  /** A topic to write to, with serdes. */
  createInputTopic<K, V>(topic: string, serdes: TopicSerdes<K, V>): ClusterInputTopic<K, V> {
    return new ClusterInputTopic<K, V>(this.#access, topic, serdes);
  }

  /** A topic to read from, with serdes; it begins with the first record. */
  createOutputTopic<K, V>(topic: string, serdes: TopicSerdes<K, V>): ClusterOutputTopic<K, V> {
    return new ClusterOutputTopic<K, V>(this.#access, topic, serdes);
  }

  /** Lets virtual time pass: wall-clock punctuations fire, sessions time out. */
  async advanceTime(duration: Duration): Promise<void> {
    await this.#until(this.#host.clock.sleep(durationMs(duration)), 'time to pass');
  }

  /**
   * Lets the instances work until everything that was written is processed and committed. Rejects MR_TEST_CLUSTER_STUCK when that does not come to pass
   * within three minutes of virtual time, and with what an instance has failed with.
   */
  async settle(): Promise<void> {
    let open: string | undefined = 'the group';
    const settled = async (): Promise<void> => {
      while ((open = await this.#unfinished()) !== undefined) await this.#host.clock.sleep(lookMs);
    };
    await this.#until(settled(), () => open ?? 'the group');
  }

  /** kill -9: what it has not committed is lost; the others take over when its session has timed out. */
  kill(instance: number, { disk = 'kept', restartAfter }: KillOptions = {}): void {
    this.#world.crash(this.#known(instance), disk);
    if (restartAfter === undefined) return;
    this.#world.scheduler.after(durationMs(restartAfter), undefined, () => this.#world.start(instance));
  }

  /** Kills an instance at an event from now on, counted over the whole cluster: any point of its work can be hit. */
  crashAt(instance: number, event: number, options: KillOptions = {}): void {
    this.#crashes.push({ instance: this.#known(instance), atEvent: this.events + event, options });
  }

  /** A clean stop: commits, leaves its tasks to the others. */
  async stop(instance: number): Promise<void> {
    await this.#until(this.#world.stop(this.#known(instance)), `instance ${instance} to stop`);
  }

  /** Starts an instance that is down, over what its disk still holds. */
  start(instance: number): void {
    this.#world.start(this.#known(instance));
  }

  /**
   * Asks an instance for what its stores hold, copies included, or for its metadata; virtual time passes meanwhile. Rejects MR_TEST_INSTANCE_DOWN.
   *
   * @example
   * await cluster.ask(1, (streams) => streams.store('counts', QueryableStoreTypes.keyValue<string, number>()).get('a'));
   */
  async ask<T>(instance: number, question: (streams: KafkaStreams) => Promise<T>): Promise<T> {
    const streams = this.#streams.get(`worker-${this.#known(instance)}`);
    if (streams === undefined || !this.isUp(instance)) throw millraceError('MR_TEST_INSTANCE_DOWN', { instance });
    const answers: T[] = [];
    const answered = question(streams).then((answer) => void answers.push(answer));
    await this.#until(answered, `an answer of instance ${instance}`);
    return answers[0] as T;
  }

  /** Whether an instance runs. */
  isUp(instance: number): boolean {
    return this.#world.isUp(this.#known(instance));
  }

  /** Events of the cluster so far: what `crashAt` counts. */
  get events(): number {
    return this.#world.scheduler.events;
  }

  /** A hash of everything that happened: the same calls with the same seed give the same. */
  get hash(): string {
    return this.#world.trace.hash;
  }

  /** Stops all instances. */
  async close(): Promise<void> {
    await this.#until(this.#world.stopWorkers(), 'the instances to stop');
  }

  async #prepare(partitions: number): Promise<void> {
    await this.#client.connect();
    const { users } = this.#topics;
    await this.#client.admin.createTopics(users.map((name) => ({ name, partitions, replicationFactor: 1 })));
    await this.#producer.prepare(users);
  }

  async #send(topic: string, partition: number, { key, value, timestamp, headers }: SentRecord): Promise<void> {
    this.#producer.append(topic, partition, key, value, timestamp, headers);
    await this.#producer.flush();
  }

  #unfinished(): Promise<string | undefined> {
    const { inputs, all } = this.#topics;
    return unfinished(this.#world, this.#client, { group: this.#applicationId, inputs, topics: all });
  }

  /** Lets the world run until a promise is settled. */
  async #until(promise: Promise<void>, waitsFor: string | (() => string)): Promise<void> {
    let end: { readonly error?: unknown } | undefined;
    promise.then(
      () => (end = {}),
      (error: unknown) => (end = { error }),
    );
    const { scheduler, failures } = this.#world;
    const until = { timeMs: scheduler.nowMs + limits.timeMs, events: scheduler.events + limits.events };
    const done = (): boolean => {
      this.#crashDue();
      return end !== undefined || failures.length > 0;
    };
    await this.#world.run(done, until);
    if (failures.length > 0) throw failures[0]?.error;
    if (end === undefined) {
      const what = typeof waitsFor === 'string' ? waitsFor : waitsFor();
      throw millraceError('MR_TEST_CLUSTER_STUCK', { waitsFor: what, virtualMs: Math.round(scheduler.nowMs) });
    }
    if (end.error !== undefined) throw end.error;
  }

  #crashDue(): void {
    const { events } = this;
    const due = this.#crashes.filter(({ atEvent }) => atEvent <= events);
    if (due.length === 0) return;
    this.#crashes = this.#crashes.filter(({ atEvent }) => atEvent > events);
    for (const { instance, options } of due) this.kill(instance, options);
  }

  #known(instance: number): number {
    if (Number.isInteger(instance) && instance >= 0 && instance < this.#instances) return instance;
    throw millraceError('MR_TEST_INSTANCE_UNKNOWN', { instance, instances: this.#instances });
  }
}

function applicationOf(program: Program, ports: WorkerPorts, options: ClusterOptions): KafkaStreams {
  const { clock, random, logger, disk, transport, name } = ports;
  const client = createKafkaClient({
    bootstrapServers: [brokerAddress],
    clientId: name,
    transport,
    clock,
    random,
    logger,
  });
  const config: StreamsConfigInput = {
    commitIntervalMs: 100,
    sessionTimeoutMs: 2_000,
    heartbeatIntervalMs: 500,
    ...options.config,
    applicationId: options.applicationId ?? 'test',
    bootstrapServers: brokerAddress,
  };
  const { registry } = options;
  return new KafkaStreams(program, config, {
    client,
    engines: disk,
    memoryEngine: freshMemoryEngine,
    clock,
    random,
    logger,
    ...(registry === undefined ? {} : { registry }),
  });
}
