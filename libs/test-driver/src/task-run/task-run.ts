/**
 * The tasks of an application on topics in memory, driven step by step: how much is read and processed at a time, when it commits, where it crashes
 * and what its disk then still holds is up to the caller. One process, one transaction for all its tasks; no broker, no network, no time but its own.
 * The cluster of `TopologyTestCluster` is closer to production, this is a thousand times as fast.
 *
 *   open ─▶ ( produce ─▶ step … ─▶ commit )*    a crash between any two
 */
import { invariant, silentLogger } from '@millrace/base';
import type { FetchedBatch, OffsetToCommit, StateEngines, TopicPartition } from '@millrace/ports';
import { createTask, TaskMetrics, uncached, type StreamTask, type TaskOptions } from '@millrace/runtime';
import { stateMemory, versionedAccess, VersionedStore, type StoreEntry } from '@millrace/state';
import { freshMemoryEngine, memoryEngines } from '@millrace/store-memory';
import {
  internalTopicName,
  internalTopics,
  subtopologies,
  type Program,
  type StoreSpec,
  type Subtopology,
  type VersionedKeyValueStore,
} from '@millrace/topology';
import { partitionForKey } from '@millrace/protocol';
import { HandClock } from '../hand-clock.ts';
import { GlobalStores } from '../global-stores.ts';
import { IdleInputs } from '../idle-inputs.ts';
import { wholeSubtopology } from '../whole-subtopology.ts';
import type { InputRecord } from '../topology-test-driver.ts';
import { crashEngines, type CrashEngines } from './crash-engines.ts';
import { RecordLog, type LoggedRecord } from './record-log.ts';

/** What runs, how it is cut into tasks, and what it has. */
export interface TaskRunOptions {
  /** What runs. */
  readonly program: Program;
  /** The prefix of internal topics. */
  readonly applicationId: string;
  /** `whole`: all sub-topologies as one task, as the test driver has it. `tasks`: as an application has them. */
  readonly shape: 'whole' | 'tasks';
  /** Of each user topic. */
  readonly partitions: number;
  /** Records that are fetched together. */
  readonly batchRecords: number;
  /** `statestore.cache.max.bytes`; 0 forwards every update. */
  readonly cacheBytes?: number;
  /** Memory for rows that were read or written. */
  readonly residentBytes?: number;
  /** `max.task.idle.ms`. @default 0 */
  readonly maxTaskIdleMs?: number;
  /** A new, empty disk. @default in memory */
  readonly disk?: () => Promise<StateEngines>;
  /** What else a task is told. */
  readonly task?: Partial<TaskOptions>;
}

interface Member {
  readonly task: StreamTask;
  readonly idle: IdleInputs;
  /** Fetched and not handed over yet, by input. */
  readonly waiting: Map<string, LoggedRecord[]>;
}

/** See the head of this file. */
export class TaskRun {
  /** All topics. */
  readonly log: RecordLog;
  readonly #options: TaskRunOptions;
  readonly #parts: readonly { readonly part: Subtopology; readonly tasks: number }[];
  readonly #partitions: ReadonlyMap<string, number>;
  readonly #clock = new HandClock(0);
  #metrics = new TaskMetrics();
  /** Global stores read all anew after each start. */
  #globalMetrics = new TaskMetrics();
  /** Drops of records that were committed by tasks that are gone, and by all up to the last commit. */
  #droppedBefore: ReadonlyMap<string, number> = new Map();
  #droppedCommitted: ReadonlyMap<string, number> = new Map();
  #disk!: CrashEngines;
  #below!: StateEngines;
  #globals!: GlobalStores;
  #members: readonly Member[] = [];
  readonly #committed = new Map<string, OffsetToCommit>();
  /** Records of the log that were looked at. */
  #read = 0;

  private constructor(options: TaskRunOptions) {
    this.#options = options;
    const { program, applicationId, partitions, shape } = options;
    const { topology } = program;
    const topics = topology.nodes.flatMap((node) => (node.kind === 'source' && !node.internal ? node.topics : []));
    const sourcePartitions = new Map(topics.map((topic) => [topic, partitions]));
    const internal = internalTopics(topology, { applicationId, sourcePartitions });
    this.#partitions = new Map(internal.topics.map((topic) => [topic.name, topic.partitions]));
    const parts =
      shape === 'whole'
        ? [{ part: wholeSubtopology(topology), tasks: 1 }]
        : subtopologies(topology).map((part) => ({ part, tasks: internal.tasks.get(part.id) ?? 0 }));
    this.#parts = options.cacheBytes === 0 ? parts.map((one) => ({ ...one, part: uncached(one.part) })) : parts;
    this.log = new RecordLog({
      partitionCount: (topic) => (shape === 'whole' ? 1 : (this.#partitions.get(topic) ?? partitions)),
      now: () => this.#clock.now(),
    });
  }

  /** Opens the stores and starts the tasks. */
  static async open(options: TaskRunOptions): Promise<TaskRun> {
    const run = new TaskRun(options);
    run.#below = await (options.disk ?? (() => Promise.resolve(memoryEngines())))();
    await run.#start();
    return run;
  }

  /** The stores of the topology that can be read. */
  get stores(): readonly StoreSpec[] {
    const own = this.#parts.flatMap(({ part }) => part.stores);
    return [...this.#globals.specs, ...own].filter(({ kind }) => !kind.endsWith('Buffer'));
  }

  /** Whether there is something that is not committed. */
  get isOpen(): boolean {
    return this.#members.some(({ task }) => task.dirty);
  }

  /** Records that were dropped, by reason; those of the open transaction too. */
  get dropped(): ReadonlyMap<string, number> {
    return sum(sum(this.#droppedBefore, this.#metrics.droppedBy), this.#globalMetrics.droppedBy);
  }

  /** What was committed last of each input partition. */
  get committedOffsets(): readonly OffsetToCommit[] {
    return [...this.#committed.values()];
  }

  /** All rows of a store, task by task. */
  entries(store: string): readonly StoreEntry[] {
    const global = this.#globals.store(store);
    if (global !== undefined) return global.all();
    return this.#members.flatMap(({ task }) => task.store(store)?.all() ?? []);
  }

  /** A store with versions, as a processor of the first task that has it would read it. */
  versioned(name: string): Pick<VersionedKeyValueStore<unknown, unknown>, 'get'> {
    const store = this.#members.map(({ task }) => task.store(name)).find((one) => one instanceof VersionedStore);
    invariant(store !== undefined, `${name} is a store with versions`);
    return versionedAccess(name, store);
  }

  /** Puts a record into a topic, into the partition of its key. */
  produce(topic: string, { key, value, timestamp, headers = [] }: InputRecord): void {
    const count = this.log.partitionCount(topic);
    const partition = key === null ? 0 : partitionForKey(key, count);
    const bytes = (from: Uint8Array | null): Buffer | null => (from === null ? null : Buffer.from(from));
    this.log.produce(topic, partition, { key: bytes(key), value: bytes(value), timestamp, headers });
  }

  /** Moves the wall clock. */
  advance(ms: number): void {
    this.#clock.advance(ms);
    for (const { task } of this.#members) task.punctuate();
  }

  /** Every task reads what is committed and processes up to `limit` records; gives how many in all, 0 when nothing is left to do. */
  async step(limit: number): Promise<number> {
    await this.#fetch();
    let done = 0;
    for (const { task, idle } of this.#members) {
      const wait = task.prefetch();
      await wait;
      if (!idle.mayProcess(task, this.#clock.now())) continue;
      const count = task.process(limit);
      // Final results that are due belong to the record that closed their windows.
      await task.prefetch();
      done += count > 0 ? count : wait === undefined ? 0 : 1;
    }
    return done;
  }

  /** Commits what all tasks have done, as one transaction. */
  async commit(): Promise<void> {
    for (const { task } of this.#members) await task.seal();
    this.log.commit();
    for (const { task } of this.#members) for (const one of task.offsets()) this.#committed.set(nameOf(one), one);
    for (const { task } of this.#members) await task.apply();
    this.#droppedCommitted = sum(this.#droppedBefore, this.#metrics.droppedBy);
    await this.#fetch();
  }

  /** kill -9: what is not committed is lost, and the disk with it or not. Then it starts anew. */
  async crash(disk: 'kept' | 'lost'): Promise<void> {
    await this.#disk.crash();
    this.log.abort();
    if (disk === 'lost') {
      for (const name of await this.#below.list()) await this.#below.destroy(name);
    }
    await this.#start();
  }

  /** A clean stop, which writes to disk what is committed, and a start. */
  async restart(): Promise<void> {
    await this.close();
    this.log.abort();
    await this.#start();
  }

  /** A clean stop: what is committed goes to disk. */
  async close(): Promise<void> {
    for (const { task } of this.#members) await task.close();
    await this.#globals.close();
  }

  async #start(): Promise<void> {
    this.#metrics = new TaskMetrics();
    this.#globalMetrics = new TaskMetrics();
    this.#droppedBefore = this.#droppedCommitted;
    this.#disk = crashEngines(this.#below);
    this.#globals = await this.#openGlobals();
    const memory = stateMemory(this.#options.cacheBytes, this.#options.residentBytes, true);
    const members: Member[] = [];
    for (const { part, tasks } of this.#parts) {
      for (let partition = 0; partition < tasks; partition++) {
        const task = this.#task(part, partition, this.#inputs(part, partition), {
          memory,
          globals: this.#globals.stores,
        });
        members.push({ task, idle: new IdleInputs(this.#options.maxTaskIdleMs ?? 0), waiting: new Map() });
        await this.#restore(task);
      }
    }
    this.#members = members;
    this.#read = 0;
    await this.#fetch();
  }

  async #restore(task: StreamTask): Promise<void> {
    await task.open();
    for (const { topic, partition, offset, isSource = false } of task.changelogs()) {
      // A source topic that stands in place of a changelog: what is not processed yet is no state yet.
      const end = isSource ? (this.#committed.get(`${topic}-${partition}`)?.offset ?? 0) : Infinity;
      const batch = this.log.read(topic, partition, Math.max(0, offset), end);
      if (batch.count > 0) await task.restore(batch);
    }
    task.start(task.inputs.flatMap((input) => this.#committed.get(nameOf(input)) ?? []));
  }

  #openGlobals(): Promise<GlobalStores> {
    const { program, partitions } = this.#options;
    const memory = stateMemory(0);
    const inputs = (part: Subtopology): TopicPartition[] =>
      part.sourceTopics.flatMap((topic) => range(partitions, topic));
    return GlobalStores.open(program.topology, (part) =>
      this.#task(part, 0, inputs(part), {
        memory,
        engines: memoryEngines(),
        metrics: this.#globalMetrics,
        isGlobal: true,
      }),
    );
  }

  #task(
    part: Subtopology,
    partition: number,
    inputs: readonly TopicPartition[],
    more: Pick<TaskOptions, 'memory'> & Partial<TaskOptions>,
  ): StreamTask {
    const { program, applicationId, task } = this.#options;
    return createTask({
      id: { subtopology: part.id, partition },
      program,
      subtopology: part,
      applicationId,
      inputs,
      engines: this.#disk.engines,
      memoryEngine: freshMemoryEngine,
      collector: this.log,
      registry: undefined,
      logger: silentLogger,
      metrics: this.#metrics,
      clock: this.#clock,
      ...task,
      ...more,
    });
  }

  #inputs(part: Subtopology, partition: number): readonly TopicPartition[] {
    const { applicationId, partitions, shape } = this.#options;
    const internal = part.repartitionSources.map((name) => internalTopicName(applicationId, name));
    const width = (topic: string): number => (shape === 'whole' ? 1 : (this.#partitions.get(topic) ?? partitions));
    return [...part.sourceTopics, ...internal]
      .filter((topic) => partition < width(topic))
      .map((topic) => ({ topic, partition }));
  }

  /** Hands the records of the log over that were not looked at yet, in their order. */
  async #fetch(): Promise<void> {
    const { records } = this.log;
    for (; this.#read < records.length; this.#read++) {
      const record = records[this.#read] as LoggedRecord;
      if (this.#globals.reads(record.topic)) await this.#globals.apply(this.#batch([record]));
      for (const member of this.#members) this.#offer(member, record);
    }
    for (const { task, waiting } of this.#members) {
      for (const [name, left] of waiting) {
        if (left.length > 0) task.accept(this.#batch(left));
        waiting.delete(name);
      }
    }
  }

  #offer({ task, waiting }: Member, record: LoggedRecord): void {
    const { topic, partition, offset } = record;
    if (!task.inputs.some((input) => input.topic === topic && input.partition === partition)) return;
    const name = nameOf(record);
    if (offset < (this.#committed.get(name)?.offset ?? 0)) return;
    const found = [...(waiting.get(name) ?? []), record];
    if (found.length >= this.#options.batchRecords) task.accept(this.#batch(found.splice(0)));
    waiting.set(name, found);
  }

  #batch(records: readonly LoggedRecord[]): FetchedBatch {
    const { topic, partition } = records[0] as LoggedRecord;
    return this.log.batch(topic, partition, records);
  }
}

function range(count: number, topic: string): TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

function sum(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): Map<string, number> {
  const total = new Map(a);
  for (const [name, count] of b) total.set(name, (total.get(name) ?? 0) + count);
  return total;
}
