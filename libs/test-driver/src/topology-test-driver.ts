/**
 * Runs a topology without a broker, record by record, as Kafka Streams' `TopologyTestDriver` does: every topic has one partition, all sub-topologies
 * are one task `0_0`, each record that is processed is committed, what goes to a topic that the topology itself reads comes back as input, and the
 * wall clock moves by hand. Everything runs through the task that runs in production; state is in memory.
 */
import { Buffer } from 'node:buffer';
import { millraceError, silentLogger } from '@millrace/base';
import type { FetchedBatch, Header, OffsetToCommit } from '@millrace/ports';
import {
  createTask,
  TaskMetrics,
  uncached,
  type DefaultTimestampExtractor,
  type DeserializationHandler,
  type ProcessingHandler,
  type ProductionHandler,
  type StreamTask,
  type TaskOptions,
} from '@millrace/runtime';
import { EmbeddedRegistry } from '@millrace/schema-registry';
import type { SchemaSource, Serde } from '@millrace/serde';
import { stateMemory, versionedAccess, VersionedStore, type KeyValueStore, type StoreEntry } from '@millrace/state';
import { memoryEngines } from '@millrace/store-memory';
import {
  internalTopicName,
  type Program,
  type StoreSpec,
  type Subtopology,
  type VersionedKeyValueStore,
} from '@millrace/topology';
import { waitFor } from './async-wait.ts';
import { DriverOutput, type ProducedRecord } from './driver-output.ts';
import { GlobalStores } from './global-stores.ts';
import { HandClock } from './hand-clock.ts';
import { IdleInputs } from './idle-inputs.ts';
import { TestSchemas } from './test-schemas.ts';
import { TestInputTopic, TestOutputTopic, type InputTopicOptions, type TopicSerdes } from './test-topics.ts';
import { wholeSubtopology } from './whole-subtopology.ts';

/** Settings of a driver; the names are those of the application's configuration. */
export interface DriverOptions {
  /** Internal topics begin with it. @default 'test' */
  readonly applicationId?: string;
  /** The wall clock at first, ms. @default 0 */
  readonly startMs?: number;
  /** For keys whose serde the topology does not name. */
  readonly defaultKeySerde?: Serde<unknown>;
  /** For values whose serde the topology does not name. */
  readonly defaultValueSerde?: Serde<unknown>;
  /** `statestore.cache.max.bytes`. @default 10 MiB */
  readonly statestoreCacheMaxBytes?: number;
  /** `upgrade.from`: the version of the application whose bytes are to be written. */
  readonly upgradeFrom?: string;
  /** Event time of sources that do not say it themselves. @default 'failOnInvalidTimestamp' */
  readonly defaultTimestampExtractor?: DefaultTimestampExtractor;
  /** `deserialization.exception.handler`. @default 'fail' */
  readonly deserializationExceptionHandler?: DeserializationHandler;
  /** `processing.exception.handler`. @default 'fail' */
  readonly processingExceptionHandler?: ProcessingHandler;
  /** `production.exception.handler`. @default 'default' */
  readonly productionExceptionHandler?: ProductionHandler;
  /** Where the handlers `dead-letter` and `log-and-continue` put records aside. @default null: nowhere */
  readonly errorsDeadLetterQueueTopicName?: string | null;
  /** Where serdes register and find schemas. @default one in memory, the driver's own */
  readonly schemaRegistry?: SchemaSource;
  /** How often final results of windows are looked for, ms of the wall clock. @default 0 */
  readonly emitIntervalMs?: number;
  /** How often outer joins look for windows that have closed, ms of the wall clock. @default 0 */
  readonly joinEmitIntervalMs?: number;
  /** `max.task.idle.ms`: how long records wait for inputs that have none, by the wall clock. @default 0 */
  readonly maxTaskIdleMs?: number;
  /** `manual`: only `commit` commits. @default 'eachRecord' */
  readonly commit?: 'eachRecord' | 'manual';
}

/** A record as it lies in Kafka. */
export interface InputRecord {
  /** Null: the record has none. */
  readonly key: Uint8Array | null;
  /** Null: a tombstone. */
  readonly value: Uint8Array | null;
  /** Event time, ms. */
  readonly timestamp: number;
  /** In their order. @default none */
  readonly headers?: readonly Header[];
}

const deadLetterBytes = 1_048_588;

/**
 * Runs a topology without a broker (JVM: TopologyTestDriver).
 * @example
 * const driver = await TopologyTestDriver.open(builder.build());
 * const words = driver.createInputTopic('words', { key: Serdes.string(), value: Serdes.string() });
 * const counts = driver.createOutputTopic('counts', { key: Serdes.string(), value: Serdes.long() });
 * await words.pipeInput('a', 'apple', 0);
 * counts.readRecordsToList();
 * await driver.close();
 */
export class TopologyTestDriver {
  readonly #stores: readonly StoreSpec[];
  readonly #globals: GlobalStores;
  readonly #task: StreamTask;
  readonly #output: DriverOutput;
  readonly #metrics: TaskMetrics;
  readonly #clock: HandClock;
  readonly #idle: IdleInputs;
  readonly #commitsEach: boolean;
  readonly #schemas: TestSchemas;
  readonly #inputs: ReadonlySet<string>;
  readonly #offsets = new Map<string, number>();
  readonly #committed = new Map<string, OffsetToCommit>();
  /** Records that were handed over. */
  #handedOver = 0;

  private constructor(
    stores: readonly StoreSpec[],
    globals: GlobalStores,
    task: StreamTask,
    output: DriverOutput,
    metrics: TaskMetrics,
    clock: HandClock,
    idle: IdleInputs,
    commitsEach: boolean,
    schemas: TestSchemas,
  ) {
    this.#stores = stores;
    this.#globals = globals;
    this.#task = task;
    this.#output = output;
    this.#metrics = metrics;
    this.#clock = clock;
    this.#idle = idle;
    this.#commitsEach = commitsEach;
    this.#schemas = schemas;
    this.#inputs = new Set(task.inputs.map(({ topic }) => topic));
  }

  /** Opens the stores and serdes of a program. Close the driver when done. */
  static async open(program: Program, options: DriverOptions = {}): Promise<TopologyTestDriver> {
    const { applicationId = 'test', errorsDeadLetterQueueTopicName: deadLetterTopic = null } = options;
    const { defaultKeySerde, defaultValueSerde, deserializationExceptionHandler } = options;
    const { schemaRegistry: registry = new EmbeddedRegistry() } = options;
    const output = new DriverOutput();
    const metrics = new TaskMetrics();
    const clock = new HandClock(options.startMs ?? 0);
    const whole =
      options.statestoreCacheMaxBytes === 0
        ? uncached(wholeSubtopology(program.topology))
        : wholeSubtopology(program.topology);
    const repartitions = whole.repartitionSources.map((topic) => internalTopicName(applicationId, topic));
    const common = {
      program,
      applicationId,
      collector: output,
      registry,
      logger: silentLogger,
      metrics,
      clock,
      memory: stateMemory(options.statestoreCacheMaxBytes, undefined, true),
      emitIntervalMs: options.emitIntervalMs ?? 0,
      ...(options.upgradeFrom === undefined ? {} : { upgradeFrom: options.upgradeFrom }),
      defaultTimestampExtractor: options.defaultTimestampExtractor ?? 'failOnInvalidTimestamp',
      joinEmitIntervalMs: options.joinEmitIntervalMs ?? 0,
      deadLetters: deadLetterTopic === null ? null : { topic: deadLetterTopic, batchBytesMax: deadLetterBytes },
      processingHandler: options.processingExceptionHandler ?? 'fail',
      productionHandler: options.productionExceptionHandler ?? 'default',
      ...(deserializationExceptionHandler ? { deserializationHandler: deserializationExceptionHandler } : {}),
      ...(defaultKeySerde ? { defaultKeySerde } : {}),
      ...(defaultValueSerde ? { defaultValueSerde } : {}),
    } satisfies Partial<TaskOptions>;
    const taskOf = (part: Subtopology, topics: readonly string[], tables?: ReadonlyMap<string, KeyValueStore>) =>
      createTask({
        ...common,
        id: { subtopology: part.id, partition: 0 },
        subtopology: part,
        inputs: topics.map((topic) => ({ topic, partition: 0 })),
        engines: memoryEngines(),
        ...(tables === undefined ? {} : { globals: tables }),
      });
    const globals = await GlobalStores.open(program.topology, (part) => taskOf(part, part.sourceTopics));
    const task = taskOf(whole, [...whole.sourceTopics, ...repartitions], globals.tables);
    const readable = [...globals.specs, ...whole.stores].filter(({ kind }) => !kind.endsWith('Buffer'));
    await task.open();
    task.start([]);
    return new TopologyTestDriver(
      readable,
      globals,
      task,
      output,
      metrics,
      clock,
      new IdleInputs(options.maxTaskIdleMs ?? 0),
      options.commit !== 'manual',
      new TestSchemas(registry),
    );
  }

  /** A topic to write to, with serdes. */
  createInputTopic<K, V>(
    topic: string,
    serdes: TopicSerdes<K, V>,
    options: InputTopicOptions = {},
  ): TestInputTopic<K, V> {
    return new TestInputTopic<K, V>(this, topic, serdes, options, this.#schemas.open(topic, serdes));
  }

  /**
   * A topic to read from, with serdes; it begins with the first record that was ever written. Make those of Avro before the records are written: schemas
   * are fetched when they are.
   */
  createOutputTopic<K, V>(topic: string, serdes: TopicSerdes<K, V>): TestOutputTopic<K, V> {
    this.#schemas.read(topic, serdes);
    return new TestOutputTopic<K, V>(this, topic, serdes);
  }

  /** Puts a record into a topic and processes until nothing waits any more. Rejects with what processing fails with. */
  async pipe(topic: string, record: InputRecord): Promise<void> {
    if (this.#globals.reads(topic)) return this.#applyGlobal(topic, record);
    if (!this.#inputs.has(topic)) throw millraceError('MR_CLIENT_TOPIC_MISSING', { topics: topic });
    this.#queue(topic, record);
    await this.#run();
  }

  /** Moves the wall clock. */
  async advanceWallClock(ms: number): Promise<void> {
    this.#clock.advance(ms);
    this.#task.punctuate();
    if (this.#commitsEach) await this.#commit();
    await this.#run();
  }

  /** Commits, and processes what came back by it. */
  async commit(): Promise<void> {
    await this.#commit();
    await this.#run();
  }

  /** All records written so far, those of changelogs and repartition topics too. */
  get produced(): readonly ProducedRecord[] {
    return this.#output.records;
  }

  /** Topics that were written to (JVM: producedTopicNames). */
  get producedTopicNames(): ReadonlySet<string> {
    return new Set(this.produced.map(({ topic }) => topic));
  }

  /** What was committed last of each input partition. */
  get committedOffsets(): readonly OffsetToCommit[] {
    return [...this.#committed.values()];
  }

  /** Records that were dropped, by reason (JVM: dropped-records-total). */
  get dropped(): ReadonlyMap<string, number> {
    return this.#metrics.droppedBy;
  }

  /** The stores of the topology by name (JVM: getAllStateStores), as they are declared. */
  get stores(): readonly StoreSpec[] {
    return this.#stores;
  }

  /** All rows of a store, in its own order, those that wait in its cache too. */
  storeEntries(name: string): readonly StoreEntry[] {
    const store = this.#task.store(name) ?? this.#globals.store(name);
    if (store === undefined) throw millraceError('MR_TEST_STORE_UNKNOWN', { store: name });
    return store.all();
  }

  /**
   * A store with versions, as a processor would read it (JVM: getVersionedKeyValueStore). Throws MR_TEST_STORE_UNKNOWN.
   * @example driver.getVersionedKeyValueStore<string, number>('prices').get('tea', 10)
   */
  getVersionedKeyValueStore<K, V>(name: string): Pick<VersionedKeyValueStore<K, V>, 'name' | 'get'> {
    const store = this.#task.store(name);
    if (!(store instanceof VersionedStore)) throw millraceError('MR_TEST_STORE_UNKNOWN', { store: name });
    const { get } = versionedAccess(name, store) as VersionedKeyValueStore<K, V>;
    return { name, get };
  }

  /** Closes processors and stores; the driver can do nothing afterwards. */
  async close(): Promise<void> {
    await this.#task.close();
    await this.#globals.close();
  }

  async #run(): Promise<void> {
    const task = this.#task;
    for (;;) {
      const wait = task.prefetch();
      await wait;
      const count = this.#idle.mayProcess(task, this.#clock.now()) ? task.process(1) : task.deliver(1);
      if (count === 0 && wait === undefined) {
        if (task.async?.isBusy !== true) break;
        await waitFor(task.async.something(), task.async, this.#clock);
        continue;
      }
      // Final results that are due belong to the record that closed their windows.
      await task.prefetch();
      if (count > 0 && this.#commitsEach) await this.#commit();
      else await this.#handOver();
    }
    await this.#schemas.ready(this.produced);
  }

  async #commit(): Promise<void> {
    const task = this.#task;
    const sealed = task.seal();
    await (sealed === undefined || task.async === undefined ? sealed : waitFor(sealed, task.async, this.#clock));
    for (const one of task.offsets()) this.#committed.set(`${one.topic}-${one.partition}`, one);
    await task.apply();
    await this.#handOver();
  }

  /** Records for topics that the topology reads itself come back as input. */
  async #handOver(): Promise<void> {
    const { records } = this.#output;
    for (; this.#handedOver < records.length; this.#handedOver++) {
      const record = records[this.#handedOver] as ProducedRecord;
      const timed = { ...record, timestamp: record.timestamp ?? this.#clock.now() };
      if (this.#globals.reads(record.topic)) await this.#applyGlobal(record.topic, timed);
      else if (this.#inputs.has(record.topic)) this.#queue(record.topic, timed);
    }
  }

  #queue(topic: string, record: InputRecord): void {
    this.#task.accept(this.#batch(topic, record));
  }

  #applyGlobal(topic: string, record: InputRecord): Promise<void> {
    return this.#globals.apply(this.#batch(topic, record));
  }

  #batch(topic: string, record: InputRecord): FetchedBatch {
    const offset = this.#offsets.get(topic) ?? 0;
    this.#offsets.set(topic, offset + 1);
    return batchOf(topic, offset, record);
  }
}

function batchOf(topic: string, offset: number, { key, value, timestamp, headers = [] }: InputRecord): FetchedBatch {
  const bytes = (from: Uint8Array | null): Buffer | null => (from === null ? null : Buffer.from(from));
  return {
    topic,
    partition: 0,
    count: 1,
    nextOffset: offset + 1,
    leaderEpoch: 0,
    offset: () => offset,
    timestamp: () => timestamp,
    key: () => bytes(key),
    value: () => bytes(value),
    headers: () => headers,
  };
}
