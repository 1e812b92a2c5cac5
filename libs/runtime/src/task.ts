/**
 * A task: one partition of one sub-topology, see `StreamTask` for its life. Engine keys begin with a store number; number 0 is the task's own:
 * `0 || "changelog" || topic` holds the next changelog offset, written in the same batch as the data it belongs to.
 */
import { MillraceError, millraceError, type Logger } from '@millrace/base';
import type {
  EngineWrite,
  FetchedBatch,
  OffsetToCommit,
  StateEngine,
  StateEngines,
  TopicPartition,
} from '@millrace/ports';
import type { SchemaSource, Serde } from '@millrace/serde';
import { keyValueLocalKey, localValue, readWindowChangelogKey, segmentMs, windowLocalKey } from '@millrace/state';
import { changelogTopicName, internalTopicName, type Program, type Subtopology } from '@millrace/topology';
import { compile, type CompiledSource, type CompiledStore, type CompiledSubtopology } from './compile.ts';
import { putAside } from './dead-letter.ts';
import { InputQueue } from './input-queue.ts';
import { decodeOffsetMetadata, encodeOffsetMetadata } from './offset-metadata.ts';
import {
  taskIdText,
  type ChangelogPosition,
  type RecordCollector,
  type StreamTask,
  type TaskId,
} from './stream-task.ts';
import type { TaskMetrics } from './task-metrics.ts';

/** What happens to a record that cannot be read. `dead-letter` is `log-and-continue` that insists on a dead-letter topic. */
export type DeserializationHandler = 'fail' | 'log-and-continue' | 'dead-letter';

export interface TaskOptions {
  readonly id: TaskId;
  readonly program: Program;
  readonly subtopology: Subtopology;
  readonly applicationId: string;
  readonly inputs: readonly TopicPartition[];
  readonly engines: StateEngines;
  readonly collector: RecordCollector;
  readonly registry: SchemaSource | undefined;
  readonly logger: Logger;
  readonly metrics: TaskMetrics;
  readonly deserializationHandler?: DeserializationHandler;
  /** Where records go that are passed over because they cannot be read; null: they are only counted. */
  readonly deadLetterTopic?: string | null;
  readonly defaultKeySerde?: Serde<unknown>;
  readonly defaultValueSerde?: Serde<unknown>;
}

export function createTask(options: TaskOptions): StreamTask {
  return new Task(options);
}

const positionKey = (topic: string): Buffer => keyValueLocalKey(0, Buffer.from(`changelog${topic}`));

class Task implements StreamTask {
  readonly id: TaskId;
  readonly inputs: readonly TopicPartition[];
  readonly #options: TaskOptions;
  readonly #queues: readonly InputQueue[];
  readonly #positions = new Map<string, number>();
  #engine: StateEngine | undefined;
  #compiled: CompiledSubtopology | undefined;
  #dirty = false;

  constructor(options: TaskOptions) {
    this.#options = options;
    this.id = options.id;
    this.inputs = options.inputs;
    this.#queues = options.inputs.map(({ topic, partition }) => new InputQueue(topic, partition));
  }

  async open(): Promise<void> {
    const { engines, program, subtopology, applicationId, collector, metrics, defaultKeySerde, defaultValueSerde } =
      this.#options;
    const engine = await engines.open(taskIdText(this.id));
    this.#engine = engine;
    const { partition } = this.id;
    this.#compiled = compile(program, subtopology, {
      applicationId,
      partition,
      engine,
      collector,
      metrics,
      defaultKeySerde,
      defaultValueSerde,
    });
    await this.#openSerdes();
    for (const { changelogTopic, logging } of this.#compiled.stores) {
      const stored = logging ? engine.getSync(positionKey(changelogTopic)) : undefined;
      this.#positions.set(changelogTopic, stored === undefined ? -1 : Number(stored.readBigInt64BE()));
    }
  }

  changelogs(): readonly ChangelogPosition[] {
    return this.#stores()
      .filter(({ logging }) => logging)
      .map(({ name, changelogTopic }) => ({
        store: name,
        topic: changelogTopic,
        partition: this.id.partition,
        offset: this.#positions.get(changelogTopic) ?? -1,
      }));
  }

  async restore(batch: FetchedBatch): Promise<void> {
    const store = this.#stores().find(({ changelogTopic }) => changelogTopic === batch.topic);
    if (store === undefined) return;
    const keys: Uint8Array[] = [];
    const values: (Uint8Array | null)[] = [];
    for (let i = 0; i < batch.count; i++) {
      const key = batch.key(i);
      if (key === null) continue;
      const value = batch.value(i);
      keys.push(restoredKey(store, key));
      values.push(value === null ? null : localValue(value, batch.timestamp(i)));
    }
    this.#positions.set(batch.topic, batch.nextOffset);
    this.#pushPosition(batch.topic, keys, values);
    await this.#write({ deleteRanges: [], keys, values });
    this.#options.metrics.restored += batch.count;
  }

  start(committed: readonly OffsetToCommit[]): void {
    for (const { topic, partition, metadata } of committed) {
      const queue = this.#queue({ topic, partition });
      if (queue !== undefined) queue.partitionTime = decodeOffsetMetadata(metadata);
    }
  }

  accept(batch: FetchedBatch): void {
    this.#queue(batch)?.add(batch);
    // An empty batch moves the position too: past control records, which must be committed once.
    this.#dirty = true;
  }

  bufferedRecords(partition: TopicPartition): number {
    return this.#queue(partition)?.buffered ?? 0;
  }

  prefetch(): Promise<void> | undefined {
    let waits: Promise<void>[] | undefined;
    for (const queue of this.#queues) {
      const source = this.#source(queue.topic);
      if (source.keySerde.prepare === undefined && source.valueSerde.prepare === undefined) continue;
      for (const batch of queue.batches()) {
        for (let i = 0; i < batch.count; i++) {
          const wait = prepared(source, batch, i);
          if (wait !== undefined) (waits ??= []).push(wait);
        }
      }
    }
    return waits === undefined ? undefined : Promise.all(waits).then(() => undefined);
  }

  process(limit: number): number {
    let count = 0;
    while (count < limit) {
      const queue = this.#next();
      if (queue === undefined) break;
      this.#processHead(queue);
      queue.shift();
      count++;
    }
    if (count > 0) this.#dirty = true;
    this.#options.metrics.processed += count;
    return count;
  }

  get dirty(): boolean {
    return this.#dirty;
  }

  seal(): void {
    // Flushing one store may write to another: again until all are quiet.
    while (this.#stores().some(({ store }) => store.flush()));
  }

  offsets(): readonly OffsetToCommit[] {
    return this.#queues.flatMap((queue) => {
      const offset = queue.position();
      const { topic, partition } = queue;
      return offset === undefined
        ? []
        : [{ topic, partition, offset, metadata: encodeOffsetMetadata(queue.partitionTime) }];
    });
  }

  async apply(): Promise<void> {
    this.#dirty = false;
    const keys: Uint8Array[] = [];
    const values: (Uint8Array | null)[] = [];
    for (const { store, changelogTopic, logging } of this.#stores()) {
      store.drain(keys, values);
      if (!logging) continue;
      const end = this.#options.collector.endOffset(changelogTopic, this.id.partition);
      if (end === undefined || end <= (this.#positions.get(changelogTopic) ?? -1)) continue;
      this.#positions.set(changelogTopic, end);
      this.#pushPosition(changelogTopic, keys, values);
    }
    if (keys.length > 0) await this.#write({ deleteRanges: [], keys, values });
    for (const { store } of this.#stores()) store.trim();
  }

  stagedBytes(): number {
    // Rows are small; what matters is their number.
    return this.#stores().reduce((sum, { store }) => sum + store.changedCount * 256, 0);
  }

  async close(): Promise<void> {
    const engine = this.#engine;
    this.#engine = undefined;
    this.#compiled = undefined;
    await engine?.close();
  }

  #processHead(queue: InputQueue): void {
    const { batch, index } = queue.head() as { batch: FetchedBatch; index: number };
    const { topic, partition } = queue;
    const source = this.#source(topic);
    let key: unknown;
    let value: unknown;
    try {
      const keyBytes = batch.key(index);
      const valueBytes = batch.value(index);
      key = keyBytes === null ? null : source.keySerde.deserialize(topic, keyBytes);
      value = valueBytes === null ? null : source.valueSerde.deserialize(topic, valueBytes);
    } catch (cause) {
      return this.#undecodable(batch, index, cause);
    }
    const recordTime = batch.timestamp(index);
    try {
      const timestamp =
        source.timestamp === undefined ? recordTime : source.timestamp(value, key, recordTime, queue.partitionTime);
      if (timestamp < 0) return this.#options.metrics.dropped(`${source.node.name}: negative timestamp`);
      if (timestamp > queue.partitionTime) queue.partitionTime = timestamp;
      source.process(key, value, timestamp);
    } catch (cause) {
      if (MillraceError.is(cause) && cause.severity !== 'record') throw cause;
      const problem = cause instanceof Error ? cause.message : String(cause);
      throw millraceError('MR_RUNTIME_USER_CODE', { topic, partition, offset: batch.offset(index), problem }, cause);
    }
  }

  /** Only the record's own fault is put aside: a registry that is away or a serde in a wrong state must never cost a good record. */
  #undecodable(batch: FetchedBatch, index: number, cause: unknown): void {
    if (MillraceError.is(cause) && cause.severity !== 'record') throw cause;
    const { topic, partition } = batch;
    const offset = batch.offset(index);
    const problem = cause instanceof Error ? cause.message : String(cause);
    const error = millraceError('MR_RUNTIME_UNDECODABLE', { topic, partition, offset, problem }, cause);
    const { deserializationHandler = 'fail', deadLetterTopic = null, logger, metrics, collector } = this.#options;
    if (deserializationHandler === 'fail') throw error;
    logger.log('warn', error.message, { topic, partition, offset, deadLetterTopic });
    metrics.dropped(`${topic}: undecodable`);
    if (deadLetterTopic !== null) putAside(collector, deadLetterTopic, { batch, index, error: cause });
  }

  /** The queue whose head is oldest (PartitionGroup); with one input there is nothing to choose. */
  #next(): InputQueue | undefined {
    let best: InputQueue | undefined;
    let bestTime = Infinity;
    for (const queue of this.#queues) {
      if (queue.buffered === 0) continue;
      const time = this.#queues.length === 1 ? 0 : queue.headTimestamp();
      if (best !== undefined && time >= bestTime) continue;
      best = queue;
      bestTime = time;
    }
    return best;
  }

  async #openSerdes(): Promise<void> {
    const { program, subtopology, applicationId, registry } = this.#options;
    const uses = new Map<string, Promise<void>>();
    const use = (ref: string | null, topic: string, isKey: boolean): void => {
      const serde = ref === null ? undefined : program.serdes[ref];
      const at = `${ref} ${topic} ${isKey}`;
      if (serde?.open !== undefined && !uses.has(at)) uses.set(at, serde.open({ topic, isKey, registry }));
    };
    for (const node of subtopology.nodes) {
      if (node.kind === 'processor') continue;
      for (const name of node.kind === 'source' ? node.topics : [node.topic]) {
        const topic = node.internal ? internalTopicName(applicationId, name) : name;
        use(node.keySerde, topic, true);
        use(node.valueSerde, topic, false);
      }
    }
    for (const { name, keySerde, valueSerde } of subtopology.stores) {
      const topic = changelogTopicName(applicationId, name);
      use(keySerde, topic, true);
      use(valueSerde, topic, false);
    }
    await Promise.all(uses.values());
  }

  #pushPosition(topic: string, keys: Uint8Array[], values: (Uint8Array | null)[]): void {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64BE(BigInt(this.#positions.get(topic) ?? -1));
    keys.push(positionKey(topic));
    values.push(bytes);
  }

  async #write(changes: EngineWrite): Promise<void> {
    await this.#engine?.write(changes);
  }

  #stores(): readonly CompiledStore[] {
    return this.#compiled?.stores ?? [];
  }

  #source(topic: string): CompiledSource {
    return this.#compiled?.sources.get(topic) as CompiledSource;
  }

  #queue({ topic, partition }: TopicPartition): InputQueue | undefined {
    return this.#queues.find((queue) => queue.topic === topic && queue.partition === partition);
  }
}

function prepared(source: CompiledSource, batch: FetchedBatch, i: number): Promise<void> | undefined {
  const key = source.keySerde.prepare === undefined ? null : batch.key(i);
  const value = source.valueSerde.prepare === undefined ? null : batch.value(i);
  const waitKey = key === null ? undefined : source.keySerde.prepare?.(batch.topic, key);
  const waitValue = value === null ? undefined : source.valueSerde.prepare?.(batch.topic, value);
  return waitKey === undefined
    ? waitValue
    : waitValue === undefined
      ? waitKey
      : Promise.all([waitKey, waitValue]).then(() => undefined);
}

/** The local key of a row of the changelog. */
function restoredKey({ id, window }: CompiledStore, key: Buffer): Buffer {
  if (window === null) return keyValueLocalKey(id, key);
  const { key: inner, start } = readWindowChangelogKey(key);
  return windowLocalKey(id, inner, start, segmentMs(window.retentionMs));
}
