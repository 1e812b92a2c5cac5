/**
 * Runs a topology without a broker, record by record, as Kafka Streams' `TopologyTestDriver` does: every topic has one partition, all sub-topologies
 * are one task `0_0`, each record that is processed is committed, what goes to a topic that the topology itself reads comes back as input, and the
 * wall clock moves by hand. Everything runs through the task that runs in production; state is in memory.
 */
import { Buffer } from 'node:buffer';
import { durationMs, millraceError, silentLogger, type Duration } from '@millrace/base';
import type { FetchedBatch, Header, OffsetToCommit } from '@millrace/ports';
import {
  createTask,
  TaskMetrics,
  uncached,
  type DefaultTimestampExtractor,
  type DeserializationHandler,
  type NamedMetric,
  type ProcessingHandler,
  type ProductionHandler,
  type StreamTask,
  type TaskOptions,
} from '@millrace/runtime';
import { EmbeddedRegistry } from '@millrace/schema-registry';
import type { SchemaSource, Serde } from '@millrace/serde';
import { stateMemory, type StateStore, type StoreEntry } from '@millrace/state';
import { memoryEngines } from '@millrace/store-memory';
import {
  internalTopicName,
  type KeyValueStore,
  matchingTopics,
  type Program,
  type SessionStore,
  type StoreSpec,
  type Subtopology,
  type SessionStoreWithHeaders,
  type TimestampedKeyValueStore,
  type TimestampedKeyValueStoreWithHeaders,
  type TimestampedWindowStoreWithHeaders,
  type TimestampedWindowStore,
  type VersionedKeyValueStore,
  type WindowStore,
} from '@millrace/topology';
import { waitFor } from './async-wait.ts';
import { DriverMetrics } from './driver-metrics.ts';
import { DriverOutput, type ProducedRecord } from './driver-output.ts';
import { DriverStores } from './driver-stores.ts';
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
  /** `processing.exception.handler.global.enabled`. @default false */
  readonly processingExceptionHandlerGlobalEnabled?: boolean;
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
  readonly #access: DriverStores;
  readonly #metrics: TaskMetrics;
  readonly #measured: DriverMetrics;
  readonly #clock: HandClock;
  readonly #idle: IdleInputs;
  readonly #commitsEach: boolean;
  readonly #schemas: TestSchemas;
  readonly #inputs: ReadonlySet<string>;
  readonly #matches: (topic: string) => boolean;
  /** Topics of patterns that something was written to. */
  readonly #matched = new Set<string>();
  readonly #offsets = new Map<string, number>();
  readonly #committed = new Map<string, OffsetToCommit>();
  /** Records that were handed over. */
  #handedOver = 0;
  #isClosed = false;

  private constructor(
    stores: readonly StoreSpec[],
    globals: GlobalStores,
    task: StreamTask,
    output: DriverOutput,
    metrics: TaskMetrics,
    measured: DriverMetrics,
    clock: HandClock,
    idle: IdleInputs,
    commitsEach: boolean,
    schemas: TestSchemas,
    matches: (topic: string) => boolean,
  ) {
    this.#stores = stores;
    this.#globals = globals;
    this.#task = task;
    this.#output = output;
    this.#access = new DriverStores(stores, (name) => task.store(name) ?? globals.store(name), metrics);
    this.#metrics = metrics;
    this.#measured = measured;
    this.#clock = clock;
    this.#idle = idle;
    this.#commitsEach = commitsEach;
    this.#schemas = schemas;
    this.#matches = matches;
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
      appConfigs: { ...options, applicationId },
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
      readsHeads: (options.maxTaskIdleMs ?? 0) > 0,
      deadLetters: deadLetterTopic === null ? null : { topic: deadLetterTopic, batchBytesMax: deadLetterBytes },
      processingHandler: options.processingExceptionHandler ?? 'fail',
      productionHandler: options.productionExceptionHandler ?? 'default',
      ...(deserializationExceptionHandler ? { deserializationHandler: deserializationExceptionHandler } : {}),
      ...(defaultKeySerde ? { defaultKeySerde } : {}),
      ...(defaultValueSerde ? { defaultValueSerde } : {}),
    } satisfies Partial<TaskOptions>;
    const asksGlobally = options.processingExceptionHandlerGlobalEnabled === true;
    const ofGlobals = { isGlobal: true, processingHandler: asksGlobally ? common.processingHandler : 'fail' } as const;
    const taskOf = (part: Subtopology, topics: readonly string[], stores?: ReadonlyMap<string, StateStore>) =>
      createTask({
        ...common,
        id: { subtopology: part.id, partition: 0 },
        subtopology: part,
        inputs: topics.map((topic) => ({ topic, partition: 0 })),
        engines: memoryEngines(),
        ...(stores === undefined ? ofGlobals : { globals: stores }),
      });
    const globals = await GlobalStores.open(program.topology, (part) => taskOf(part, part.sourceTopics));
    const task = taskOf(whole, [...whole.sourceTopics, ...repartitions], globals.stores);
    const readable = [...globals.specs, ...whole.stores].filter(({ kind }) => !kind.endsWith('Buffer'));
    await task.open();
    task.start([]);
    // All inputs are known to begin at 0: what is committed of final results stands beside each of them.
    for (const { topic } of task.inputs) task.accept(emptyBatch(topic));
    return new TopologyTestDriver(
      readable,
      globals,
      task,
      output,
      metrics,
      new DriverMetrics(metrics, program.topology, applicationId),
      clock,
      new IdleInputs(options.maxTaskIdleMs ?? 0),
      options.commit !== 'manual',
      new TestSchemas(registry),
      (topic) => matchingTopics(program.topology, [topic], applicationId).length > 0,
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

  /**
   * Puts a record into a topic and processes until nothing waits any more. Rejects with what processing fails with; the record is given up then, and the
   * next one is processed as if it had not been.
   */
  async pipe(topic: string, record: InputRecord): Promise<void> {
    this.#requireOpen();
    const { timestamp } = record;
    if (!Number.isSafeInteger(timestamp)) throw millraceError('MR_RUNTIME_TIMESTAMP', { timestamp });
    if (this.#globals.reads(topic)) return this.#applyGlobal(topic, record);
    if (!this.#reads(topic)) throw millraceError('MR_TEST_TOPIC_UNKNOWN', { topic, topics: this.#readTopics });
    this.#queue(topic, record);
    await this.#run();
  }

  /** Moves the wall clock: by ms, or a duration such as `'10s'`. Punctuations that are due fire. */
  async advanceWallClockTime(advance: Duration): Promise<void> {
    this.#requireOpen();
    this.#clock.advance(durationMs(advance));
    this.#task.punctuate();
    this.#measured.note(this.#clock.now());
    if (this.#commitsEach) await this.#commit();
    await this.#run();
  }

  /** The wall clock, ms. */
  get nowMs(): number {
    return this.#clock.now();
  }

  /** Commits, and processes what came back by it. */
  async commit(): Promise<void> {
    this.#requireOpen();
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

  /**
   * What was measured, under the JVM library's names, groups and tags (JVM: metrics, recorded at the level DEBUG): `stream-task-metrics` of the one
   * task, `stream-topic-metrics` of what went in and out.
   *
   * @example driver.metrics().find(({ name }) => name === 'dropped-records-total')?.value
   */
  metrics(): readonly NamedMetric[] {
    const buffered = this.#task.inputs.reduce((sum, input) => sum + this.#task.bufferedRecords(input), 0);
    return this.#measured.list(this.#clock.now(), buffered);
  }

  /** The stores of the topology by name, as they are declared. */
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
   * A key-value store, to read and to write, before the first record too: what waits in its cache is seen, what is put goes on with the next record.
   * Of a timestamped one the values alone; what is put so has the time 0. Undefined when the topology has no store of the name (JVM: null); throws
   * MR_TEST_STORE_TYPE for one of another type, as the other getters do.
   * @example driver.getKeyValueStore<string, string>('seen')?.put('a', 'before')
   */
  getKeyValueStore<K, V>(name: string): KeyValueStore<K, V> | undefined {
    return this.#access.get(name, 'keyValue') as KeyValueStore<K, V> | undefined;
  }

  /**
   * A key-value store whose rows have a timestamp, such as those of the DSL's tables. See `getKeyValueStore`.
   * @example driver.getTimestampedKeyValueStore<string, number>('counts')?.get('a')
   */
  getTimestampedKeyValueStore<K, V>(name: string): TimestampedKeyValueStore<K, V> | undefined {
    return this.#access.get(name, 'timestampedKeyValue') as TimestampedKeyValueStore<K, V> | undefined;
  }

  /**
   * A store with versions. See `getKeyValueStore`.
   * @example driver.getVersionedKeyValueStore<string, number>('prices')?.get('tea', 10)
   */
  getVersionedKeyValueStore<K, V>(name: string): VersionedKeyValueStore<K, V> | undefined {
    return this.#access.get(name, 'versioned') as VersionedKeyValueStore<K, V> | undefined;
  }

  /** A window store, those of stream-stream joins too; of a timestamped one the values alone. See `getKeyValueStore`. */
  getWindowStore<K, V>(name: string): WindowStore<K, V> | undefined {
    return this.#access.get(name, 'window') as WindowStore<K, V> | undefined;
  }

  /** A window store whose rows have a timestamp, such as those of windowed tables. See `getKeyValueStore`. */
  getTimestampedWindowStore<K, V>(name: string): TimestampedWindowStore<K, V> | undefined {
    return this.#access.get(name, 'timestampedWindow') as TimestampedWindowStore<K, V> | undefined;
  }

  /** A session store. See `getKeyValueStore`. */
  getSessionStore<K, V>(name: string): SessionStore<K, V> | undefined {
    return this.#access.get(name, 'session') as SessionStore<K, V> | undefined;
  }

  /** A key-value store whose rows have a timestamp and headers. See `getKeyValueStore`. */
  getTimestampedKeyValueStoreWithHeaders<K, V>(name: string): TimestampedKeyValueStoreWithHeaders<K, V> | undefined {
    const found = this.#access.get(name, 'timestampedKeyValueWithHeaders');
    return found as TimestampedKeyValueStoreWithHeaders<K, V> | undefined;
  }

  /** A window store whose rows have a timestamp and headers. See `getKeyValueStore`. */
  getTimestampedWindowStoreWithHeaders<K, V>(name: string): TimestampedWindowStoreWithHeaders<K, V> | undefined {
    const found = this.#access.get(name, 'timestampedWindowWithHeaders');
    return found as TimestampedWindowStoreWithHeaders<K, V> | undefined;
  }

  /** A session store whose rows have headers. See `getKeyValueStore`. */
  getSessionStoreWithHeaders<K, A>(name: string): SessionStoreWithHeaders<K, A> | undefined {
    return this.#access.get(name, 'sessionWithHeaders') as SessionStoreWithHeaders<K, A> | undefined;
  }

  /** A store that no other getter gives. Undefined when there is none of the name; throws MR_TEST_STORE_TYPE, which names the getter, for the others. */
  getStateStore(name: string): { readonly name: string } | undefined {
    return this.#access.untyped(name);
  }

  /** All stores by name, each as the getter of its own type gives it. */
  getAllStateStores(): ReadonlyMap<string, { readonly name: string }> {
    return this.#access.all();
  }

  /** Closes processors and stores; only what was written can be read afterwards. Closing again does nothing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      await this.#task.close();
    } finally {
      await this.#globals.close();
    }
  }

  #requireOpen(): void {
    if (this.#isClosed) throw millraceError('MR_TEST_DRIVER_CLOSED', {});
  }

  async #run(): Promise<void> {
    try {
      await this.#runAll();
    } catch (error) {
      this.#task.passOverFailed();
      throw error;
    }
  }

  async #runAll(): Promise<void> {
    const task = this.#task;
    for (;;) {
      const wait = task.prefetch();
      await wait;
      const count = this.#idle.mayProcess(task, this.#clock.now())
        ? task.process(1)
        : task.process(0) + task.deliver(1);
      if (count === 0 && wait === undefined) {
        if (task.async?.isBusy !== true) break;
        await waitFor(task.async.something(), task.async, this.#clock);
        continue;
      }
      this.#measured.note(this.#clock.now());
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
      this.#measured.produced(record.topic, timed);
      if (this.#globals.reads(record.topic)) await this.#applyGlobal(record.topic, timed);
      else if (this.#inputs.has(record.topic)) this.#queue(record.topic, timed);
    }
  }

  get #readTopics(): readonly string[] {
    return [...this.#inputs, ...this.#globals.topics];
  }

  /** Topics that a pattern matches are read from their first record on. */
  #reads(topic: string): boolean {
    if (this.#inputs.has(topic) || this.#matched.has(topic)) return true;
    if (!this.#matches(topic)) return false;
    this.#matched.add(topic);
    this.#task.widen({ topic, partition: 0 });
    return true;
  }

  #queue(topic: string, record: InputRecord): void {
    this.#measured.consumed(topic, record);
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

function emptyBatch(topic: string): FetchedBatch {
  const nothing = batchOf(topic, 0, { key: null, value: null, timestamp: -1 });
  return { ...nothing, count: 0, nextOffset: 0 };
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
