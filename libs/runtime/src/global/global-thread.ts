/**
 * Keeps the global stores of a process: before any task processes it brings them to the end of their topics, afterwards it follows. It belongs to no
 * group and commits nothing; how far it is stands in the state directory, in one write with the rows (ADR 0019).
 *
 *   start: open ─▶ restore to the ends of that moment ─▶ (the tasks of the group begin) ─▶ follow … ─▶ stop
 *
 * A lost broker is waited for. Anything else ends it, and the application with it: tasks hold the stores, so they cannot be rebuilt under them.
 */
import { invariant, millraceError, MillraceError, type Clock, type Logger } from '@millrace/base';
import type { FetchedBatch, Fetcher, KafkaClient, StateEngines, TopicPartition } from '@millrace/ports';
import type { StateStore } from '@millrace/state';
import type { Subtopology } from '@millrace/topology';
import { errorOf } from '../thread/failure.ts';
import { globalLayout, tableTopics } from './global-part.ts';
import { keyedRecords } from '../task/keyed-records.ts';
import type { StateRestoreListener } from '../application/restore-listener.ts';
import type { StreamTask } from '../task/stream-task.ts';
import type { TaskMetrics } from '../task/task-metrics.ts';

export interface GlobalThreadOptions {
  readonly client: KafkaClient;
  readonly engines: StateEngines;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly part: Subtopology;
  /** All partitions of its topics. */
  readonly inputs: readonly TopicPartition[];
  readonly metrics: TaskMetrics;
  readonly makeTask: (inputs: readonly TopicPartition[]) => StreamTask;
  readonly isolation: 'read_committed' | 'read_uncommitted';
  readonly pollMs: number;
  /** How often what has changed is written (JVM: commit.interval.ms). */
  readonly flushIntervalMs: number;
  readonly uncommittedMaxBytes: number;
  /** It has ended by itself. */
  readonly failed: (error: MillraceError) => void;
  readonly restoreListener?: StateRestoreListener | undefined;
}

/** What a topic holds that the stores lack. */
interface Range extends TopicPartition {
  readonly store: string;
  readonly from: number;
  readonly begin: number;
  readonly to: number;
}

/** Name of the engine below the state directory. */
export const globalEngine = 'global';
const layoutMeta = 'global-layout';
const recordsAtOnce = 1_000;
const retryMs = 1_000;
/** The event loop gets its turn at least this often. */
const yieldMs = 10;
/** How often topics are looked at for partitions that were added (JVM: metadata.max.age.ms). */
const lookupMs = 300_000;

export class GlobalThread {
  readonly #options: GlobalThreadOptions;
  readonly #fetcher: Fetcher;
  readonly #tableTopics: ReadonlySet<string>;
  #task: StreamTask | undefined;
  #isStopping = false;
  #following: Promise<void> | undefined;
  #flushAtMs = 0;
  #lookupAtMs = 0;
  #yieldedAtMs = 0;

  constructor(options: GlobalThreadOptions) {
    this.#options = options;
    this.#fetcher = options.client.fetcher({ isolation: options.isolation, offsetReset: 'fail' });
    this.#tableTopics = tableTopics(options.part);
  }

  /** The stores by name. There are some after `start`. */
  get stores(): ReadonlyMap<string, StateStore> {
    const named = this.#options.part.stores.map(({ name }) => [name, this.#task?.store(name)] as const);
    return new Map(named.flatMap(([name, store]) => (store === undefined ? [] : [[name, store] as const])));
  }

  /** Records taken in since `start`. */
  get records(): number {
    const { processed, restored } = this.#options.metrics;
    return processed + restored;
  }

  /** Resolves when all that was in the topics is in the stores; then it follows in the background. */
  async start(): Promise<void> {
    const { clock, logger, inputs } = this.#options;
    const beganMs = clock.monotonic();
    await this.#removeOther();
    const ranges = await this.#open();
    await this.#restore(ranges);
    if (this.#isStopping) return;
    await this.#flush();
    const records = ranges.reduce((sum, { from, to }) => sum + Math.max(0, to - from), 0);
    const tookMs = Math.round(clock.monotonic() - beganMs);
    logger.log('info', 'The global stores are up to date.', { partitions: inputs.length, records, tookMs });
    this.#lookupAtMs = clock.monotonic() + lookupMs;
    this.#following = this.#follow().catch((thrown: unknown) => this.#end(thrown));
  }

  /** Ends what is under way, a `start` too. */
  halt(): void {
    this.#isStopping = true;
    this.#fetcher.wakeup();
  }

  /** Writes what it knows and closes the stores. Nothing may read them any more. */
  async stop(): Promise<void> {
    this.halt();
    await this.#following;
    const task = this.#task;
    this.#task = undefined;
    await this.#fetcher.close();
    if (task === undefined) return;
    try {
      await flushed(task);
    } finally {
      await task.close();
    }
  }

  /** Stores of a topology that was laid out in another way are built anew. */
  async #removeOther(): Promise<void> {
    const { engines, part } = this.#options;
    const layout = globalLayout(part);
    const before = await engines.readMeta(layoutMeta);
    if (before !== undefined && before.toString() === layout) return;
    await engines.destroy(globalEngine);
    await engines.writeMeta(layoutMeta, Buffer.from(layout));
  }

  /** Opens the stores, anew where they do not fit their topics. Gives what they lack. */
  async #open(): Promise<readonly Range[]> {
    const { engines, logger, inputs, makeTask } = this.#options;
    for (let isSecond = false; ; isSecond = true) {
      const task = makeTask(inputs);
      try {
        await task.open();
        this.#task = task;
        const ranges = await this.#ranges(task);
        if (isSecond || ranges.every(({ from, begin, to }) => from >= begin && from <= to)) return ranges;
      } catch (error) {
        if (isSecond || !MillraceError.is(error) || error.severity !== 'corrupt') throw error;
      }
      logger.log('warn', 'The global stores do not fit their topics any more; they are restored anew.');
      this.#task = undefined;
      await task.close();
      await engines.destroy(globalEngine);
    }
  }

  async #ranges(task: StreamTask): Promise<readonly Range[]> {
    const { client, isolation } = this.#options;
    const stored = task.changelogs();
    const ends = await this.#patiently(() => client.admin.listOffsets(stored, 'latest', isolation));
    const begins = await this.#patiently(() => client.admin.listOffsets(stored, 'earliest', isolation));
    return stored.map(({ topic, partition, store, offset }) => {
      const begin = offsetIn(begins, { topic, partition });
      const to = offsetIn(ends, { topic, partition });
      return { topic, partition, store, from: offset < 0 ? begin : offset, begin, to };
    });
  }

  async #restore(ranges: readonly Range[]): Promise<void> {
    this.#opened().start([]);
    const left = new Map(ranges.filter(({ from, to }) => from < to).map((range) => [nameOf(range), range]));
    this.#fetcher.assign(ranges.map(({ topic, partition, from }) => ({ topic, partition, offset: from })));
    const totals = new Map<string, number>();
    const { restoreListener: listener } = this.#options;
    for (const range of ranges) {
      const { topic, partition, store, from, to } = range;
      listener?.onRestoreStart?.({ topic, partition }, store, from, to);
      if (from >= to) listener?.onRestoreEnd?.({ topic, partition }, store, 0);
    }
    while (left.size > 0 && !this.#isStopping) {
      for (const batch of await this.#poll()) {
        const range = left.get(nameOf(batch));
        await this.#takeAgain(batch, range !== undefined);
        if (range === undefined) continue;
        this.#restored(range, batch, totals);
        if (batch.nextOffset >= range.to) left.delete(nameOf(batch));
      }
    }
  }

  /** Processors do not get records without a key again (JVM: reprocessing skips them); what follows reaches them as it comes. */
  async #takeAgain(batch: FetchedBatch, isRestored: boolean): Promise<void> {
    if (this.#tableTopics.has(batch.topic)) await this.#takeRows(batch);
    else await this.#process(isRestored ? keyedRecords(batch) : batch);
  }

  #restored({ topic, partition, store, to }: Range, batch: FetchedBatch, totals: Map<string, number>): void {
    const { restoreListener: listener } = this.#options;
    const total = (totals.get(nameOf(batch)) ?? 0) + batch.count;
    totals.set(nameOf(batch), total);
    if (batch.count > 0)
      listener?.onBatchRestored?.({ topic, partition }, store, batch.offset(batch.count - 1), batch.count);
    if (batch.nextOffset >= to) listener?.onRestoreEnd?.({ topic, partition }, store, total);
  }

  async #follow(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#isStopping) {
      for (const batch of await this.#poll()) await this.#process(batch);
      if (clock.monotonic() >= this.#lookupAtMs) await this.#widen();
    }
  }

  async #poll(): Promise<readonly FetchedBatch[]> {
    const { clock, pollMs, flushIntervalMs, uncommittedMaxBytes } = this.#options;
    const task = this.#opened();
    if (clock.monotonic() >= this.#flushAtMs || task.stagedBytes() > uncommittedMaxBytes) await this.#flush();
    const waitMs = task.dirty ? Math.min(pollMs, flushIntervalMs) : pollMs;
    return this.#patiently(() => this.#fetcher.poll(waitMs));
  }

  async #takeRows(batch: FetchedBatch): Promise<void> {
    await this.#opened().restore(batch);
    await this.#yield();
  }

  async #process(batch: FetchedBatch): Promise<void> {
    const task = this.#opened();
    task.accept(batch);
    while (task.bufferedRecords(batch) > 0) {
      await task.prefetch();
      task.process(recordsAtOnce);
      await this.#yield();
    }
  }

  async #flush(): Promise<void> {
    const { clock, flushIntervalMs } = this.#options;
    await flushed(this.#opened());
    this.#flushAtMs = clock.monotonic() + flushIntervalMs;
  }

  /** Partitions that were added since: nothing of them is known yet, so they are read from their beginning. */
  async #widen(): Promise<void> {
    const { client, clock, logger, part } = this.#options;
    const task = this.#opened();
    this.#lookupAtMs = clock.monotonic() + lookupMs;
    const topics = await this.#patiently(() => client.topics(part.sourceTopics, { maxAgeMs: 0 }));
    for (const { name: topic, partitions } of topics.values()) {
      const added = partitions
        .map(({ partition }) => ({ topic, partition }))
        .filter((one) => !task.inputs.some((input) => nameOf(input) === nameOf(one)));
      if (added.length === 0) continue;
      logger.log('info', 'A topic of global stores has new partitions.', { topic, partitions: partitions.length });
      const starts = await this.#patiently(() => client.admin.listOffsets(added, 'earliest', 'read_uncommitted'));
      for (const input of added) task.widen(input);
      this.#fetcher.assign(starts.map(({ partition, offset }) => ({ topic, partition, offset })));
    }
  }

  /** Waits for a cluster that is away: the stores are as good as they were. */
  async #patiently<T>(ask: () => Promise<T>): Promise<T> {
    const { clock, logger } = this.#options;
    for (;;) {
      try {
        return await ask();
      } catch (thrown) {
        const error = errorOf(thrown);
        if (error.severity !== 'retriable' || this.#isStopping) throw moved(error);
        logger.log('warn', error.message, { code: error.code, does: 'tries again' });
        await clock.sleep(retryMs);
      }
    }
  }

  /** Local state that its topic no longer leads to is of no use to the next start either. */
  async #end(thrown: unknown): Promise<void> {
    if (this.#isStopping) return;
    const { logger, engines, failed } = this.#options;
    const error = errorOf(thrown);
    logger.log('error', error.message, { code: error.code, remedy: error.remedy });
    const task = this.#task;
    this.#task = undefined;
    await task?.close();
    if (error.code === 'MR_RUNTIME_GLOBAL_MOVED') await engines.destroy(globalEngine);
    failed(error);
  }

  async #yield(): Promise<void> {
    const { clock } = this.#options;
    if (clock.monotonic() - this.#yieldedAtMs < yieldMs) return;
    await clock.sleep(0);
    this.#yieldedAtMs = clock.monotonic();
  }

  #opened(): StreamTask {
    invariant(this.#task, 'global stores are open while they are filled');
    return this.#task;
  }
}

/** There is no transaction to wait for: what is processed is written, with the positions it leads to. */
async function flushed(task: StreamTask): Promise<void> {
  if (!task.dirty) return;
  await task.seal();
  await task.apply();
}

function moved(error: MillraceError): MillraceError {
  if (error.code !== 'MR_CLIENT_OFFSET_OUT_OF_RANGE') return error;
  return millraceError('MR_RUNTIME_GLOBAL_MOVED', { where: error.message }, error);
}

function offsetIn(found: readonly (TopicPartition & { readonly offset: number })[], wanted: TopicPartition): number {
  return found.find((one) => nameOf(one) === nameOf(wanted))?.offset ?? 0;
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
