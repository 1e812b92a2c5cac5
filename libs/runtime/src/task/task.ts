/** A task: one partition of one sub-topology, see `StreamTask` for its life. Here is its record path; its state is in `task-state.ts`. */
import { invariant, millraceError } from '@millrace/base';
import type { FetchedBatch, OffsetToCommit, TopicPartition } from '@millrace/ports';
import { isHeldStore, recordContext, type RecordOrigin, type StateStore } from '@millrace/state';
import { matchesTopic } from '@millrace/topology';
import { AsyncWork, type AsyncDone } from '../async/async-work.ts';
import { compile, type CompiledSource, type CompiledSubtopology } from '../compile/compile.ts';
import type { CompiledStore } from '../compile/compile-stores.ts';
import { InputQueue } from './input-queue.ts';
import { Interludes } from './interludes.ts';
import { needsOf } from './needs.ts';
import { openSerdes } from '../compile/open-serdes.ts';
import type { LiveProcessor } from '../compile/processor-node.ts';
import { Punctuations } from './punctuations.ts';
import { QueueHeap } from './queue-heap.ts';
import { taskIdText, type AsyncProgress, type ChangelogPosition, type StreamTask, type TaskId } from './stream-task.ts';
import { openEngines, type TaskEngines } from './task-engines.ts';
import { TaskErrors, userFailure, type InputRecord } from './task-errors.ts';
import { patient, type TaskOptions } from './task-options.ts';
import { offsetsOf, progressCommitted, resumeFrom } from './task-progress.ts';
import { TaskState } from './task-state.ts';
import { unknownTime, type TimestampFunction } from './timestamp-extractor.ts';

export function createTask(options: TaskOptions): StreamTask {
  return new Task(options);
}

class Task implements StreamTask {
  readonly id: TaskId;
  readonly #inputs: TopicPartition[];
  readonly #options: TaskOptions;
  #state: TaskState | undefined;
  readonly #context = recordContext();
  #stores: readonly CompiledStore[] = [];
  #processors: readonly LiveProcessor[] = [];
  /** Those that have been told to begin: the others need no end. */
  readonly #begun: LiveProcessor[] = [];
  readonly #punctuations: { readonly streamTime: Punctuations; readonly wallClock: Punctuations };
  /** Greatest timestamp of all inputs. */
  #streamTime = -1;
  #sources: ReadonlyMap<string, CompiledSource> = new Map();
  #patterns: CompiledSubtopology['patterns'] = [];
  #queues: readonly InputQueue[] = [];
  /** Those with records. */
  readonly #waiting = new QueueHeap<InputQueue>();
  /** Those whose head has to be read before they can wait among the others. */
  #unread: InputQueue[] = [];
  /** Under way: what the next records need. Kept when it has failed. */
  #reading: Promise<void> | undefined;
  readonly #interludes = new Interludes();
  #nowMs = 0;
  /** The input record that is being processed. */
  #head: InputRecord | undefined;
  /** The queue whose head is at hand; left behind where that throws. */
  #current: InputQueue | undefined;
  #async: AsyncWork | undefined;
  readonly #errors: TaskErrors;
  #dirty = false;
  #wantsCommit = false;
  /** Something in the task keeps where records came from beyond their turn. */
  #keepsOrigin = false;
  /** Something was processed that is not committed. */
  #isStaged = false;

  constructor(options: TaskOptions) {
    this.#options = options;
    this.id = options.id;
    this.#inputs = [...options.inputs];
    const punctuated = (): void => void options.metrics.punctuated++;
    this.#punctuations = { streamTime: new Punctuations(punctuated), wallClock: new Punctuations(punctuated) };
    const taskId = taskIdText(options.id);
    this.#errors = new TaskErrors({ ...options, taskId, context: this.#context, head: () => this.#head });
  }

  get inputs(): readonly TopicPartition[] {
    return this.#inputs;
  }

  async open(): Promise<void> {
    const engines = await openEngines(this.#options);
    try {
      this.#compile(engines);
    } catch (error) {
      await engines.engine.close();
      throw error;
    }
    const { program, subtopology, applicationId, registry } = this.#options;
    await openSerdes(program, subtopology, { applicationId, registry });
    for (const { store } of this.#stores) if (isHeldStore(store)) await store.load();
  }

  #compile(engines: TaskEngines): void {
    const { program, subtopology, applicationId, collector, metrics, clock, memory } = this.#options;
    const { partition } = this.id;
    const { sources, patterns, stores, buffers, processors } = compile(program, subtopology, {
      applicationId,
      partition,
      ...engines,
      collector,
      context: this.#context,
      metrics,
      defaultKeySerde: this.#options.defaultKeySerde,
      defaultValueSerde: this.#options.defaultValueSerde,
      memory,
      upgradeFrom: this.#options.upgradeFrom,
      defaultTimestampExtractor: this.#options.defaultTimestampExtractor,
      emitIntervalMs: this.#options.emitIntervalMs ?? 1_000,
      joinEmitIntervalMs: this.#options.joinEmitIntervalMs ?? 1_000,
      globals: this.#options.globals ?? new Map(),
      now: () => this.#nowMs,
      wallClock: () => clock.now(),
      onProcessingError: this.#errors.guardsNodes ? this.#errors.processing : undefined,
      onProductionError: this.#errors.production,
      processors: {
        applicationId,
        taskId: taskIdText(this.id),
        appConfigs: this.#options.appConfigs ?? {},
        keySerde: this.#options.defaultKeySerde,
        valueSerde: this.#options.defaultValueSerde,
        isGlobal: this.#options.isGlobal === true,
        context: this.#context,
        streamTime: () => this.#streamTime,
        systemTime: () => clock.now(),
        punctuations: this.#punctuations,
        requestCommit: () => (this.#wantsCommit = true),
        onPunctuationError: this.#errors.punctuation,
      },
      async: {
        work: () => (this.#async ??= this.#asyncWork()),
        clock,
        random: (this.#options.async ?? patient).random,
        failures: (this.#options.async ?? patient).failures,
        context: this.#context,
        cause: () => this.#cause(),
      },
      interlude: (work) => this.#interludes.ask(work),
    });
    this.#stores = stores;
    this.#processors = processors;
    this.#keepsOrigin = buffers.length > 0;
    this.#state = new TaskState({
      engine: engines.engine,
      stores,
      buffers,
      partition,
      inputs: this.#inputs,
      position: (input) => this.#queue(input)?.position(),
      collector,
      clock,
    });
    this.#sources = sources;
    this.#patterns = patterns;
    this.#queues = this.#inputs.map((input) => this.#newQueue(input));
  }

  #newQueue({ topic, partition }: TopicPartition): InputQueue {
    const byPattern = (): CompiledSource | undefined =>
      this.#patterns.find(({ pattern }) => matchesTopic(pattern, topic))?.source;
    const source = this.#sources.get(topic) ?? byPattern();
    invariant(source, `a source of the task reads ${topic}`);
    const { deserializationHandler = 'fail', readsHeads = false } = this.#options;
    const mayPassOver = source.timestamp !== undefined || deserializationHandler !== 'fail';
    const readsHead = this.#inputs.length > 1 && (readsHeads || mayPassOver);
    return new InputQueue(topic, partition, source, readsHead);
  }

  changelogs(): readonly ChangelogPosition[] {
    return this.#state?.positions() ?? [];
  }

  async restore(batch: FetchedBatch): Promise<void> {
    await this.#opened().restore(batch);
    this.#options.metrics.restored += batch.count;
  }

  start(committed: readonly OffsetToCommit[]): void {
    this.#streamTime = Math.max(this.#streamTime, resumeFrom(committed, this.#queues, this.#stores));
    for (const processor of this.#processors) {
      processor.init();
      this.#begun.push(processor);
    }
  }

  accept(batch: FetchedBatch): void {
    const queue = this.#queue(batch);
    const wasEmpty = queue?.batch === undefined;
    queue?.add(batch);
    if (wasEmpty && queue?.batch !== undefined) this.#offer(queue);
    // An empty batch moves the position too: past control records, which must be committed once.
    this.#dirty = true;
  }

  widen(input: TopicPartition): void {
    this.#inputs.push(input);
    this.#queues = [...this.#queues, this.#newQueue(input)];
  }

  bufferedRecords(partition: TopicPartition): number {
    return this.#queue(partition)?.buffered ?? 0;
  }

  prefetch(): Promise<void> | undefined {
    for (const queue of this.#queues) if (queue.ready === 0) this.#lookAhead(queue);
    const waits: Promise<void>[] = this.#reading === undefined ? [] : [this.#reading];
    const interlude = this.#interludes.read();
    if (interlude !== undefined) waits.push(interlude);
    const writing = this.#isStaged ? undefined : this.#state?.settle();
    if (writing !== undefined) waits.push(writing);
    return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
  }

  process(limit: number): number {
    this.#nowMs = this.#options.clock.monotonic();
    this.punctuate();
    const { metrics } = this.#options;
    let others = this.#runInterludes(limit);
    others += this.deliver(limit - others);
    const before = metrics.processed - others;
    if (limit === 0) this.#readHeads();
    for (let count = others; count < limit && this.#interludes.isEmpty; count++) {
      if (this.#unread.length > 0 && !this.#readHeads()) break;
      const queue = this.#waiting.first;
      if (queue === undefined || this.#async?.admits === false) break;
      if (queue.ready === 0) this.#lookAhead(queue);
      if (this.#reading !== undefined) break;
      this.#stage();
      this.#current = queue;
      if (queue.readsHead) this.#processRead(queue);
      else this.#processHead(queue);
      this.#head = this.#current = undefined;
      this.#shift(queue);
      if (this.#punctuations.streamTime.due <= this.#streamTime)
        this.#punctuations.streamTime.fireDue(this.#streamTime);
      metrics.processed++;
    }
    // They are views of the batch they came in: a task that rests does not keep it.
    this.#context.headers = undefined;
    return metrics.processed - before;
  }

  passOverFailed(): void {
    const failed = this.#current;
    this.#head = this.#current = undefined;
    if (failed === undefined) return;
    if (this.#unread[0] !== failed) return this.#shift(failed);
    failed.shift();
    if (failed.batch === undefined) this.#unread.shift();
  }

  get async(): AsyncProgress | undefined {
    return this.#async;
  }

  deliver(limit: number): number {
    if (this.#async === undefined) return 0;
    let count = 0;
    while (count < limit && this.#interludes.isEmpty) {
      const done = this.#async.take();
      if (done === undefined) break;
      this.#stage();
      this.#deliverOne(done);
      count++;
    }
    this.#head = this.#context.headers = undefined;
    return count;
  }

  get punctuatesAtMs(): number {
    return this.#punctuations.wallClock.due;
  }

  punctuate(): void {
    const { wallClock } = this.#punctuations;
    if (wallClock.due === Infinity) return;
    const now = this.#options.clock.now();
    if (wallClock.due > now) return;
    this.#stage();
    wallClock.fireDue(now);
    this.#context.headers = undefined;
  }

  get dirty(): boolean {
    return this.#dirty;
  }

  get wantsCommit(): boolean {
    return this.#wantsCommit;
  }

  seal(): Promise<void> | undefined {
    this.#async?.hold();
    this.#finish();
    return this.#interludes.isEmpty && this.#async?.isBusy !== true ? undefined : this.#sealAfterWaiting();
  }

  offsets(): readonly OffsetToCommit[] {
    return offsetsOf(this.#queues, this.#stores);
  }

  apply(): Promise<void> {
    this.#dirty = this.#isStaged = this.#wantsCommit = false;
    progressCommitted(this.#stores);
    this.#async?.release();
    return this.#opened().committed();
  }

  stagedBytes(): number {
    return this.#state?.stagedBytes() ?? 0;
  }

  store(name: string): StateStore | undefined {
    return this.#stores.find((one) => one.name === name)?.store;
  }

  async close(): Promise<void> {
    const state = this.#state;
    this.#state = undefined;
    this.#async?.close();
    if (state === undefined) return;
    const failures = this.#closeProcessors();
    await state.close(!this.#isStaged);
    // All are closed, and what they kept is, before the first one that could not is told.
    if (failures.length > 0) throw failures[0];
  }

  #closeProcessors(): unknown[] {
    return this.#begun.flatMap((processor) => {
      try {
        processor.close();
        return [];
      } catch (error) {
        return [error];
      }
    });
  }

  /** Finds out what the next records need. Reading begins where something is missing, and nothing is processed until it is there. */
  #lookAhead(queue: InputQueue): void {
    const { source } = queue;
    const slice = queue.ahead();
    const waits = needsOf(source, slice);
    if (waits.length === 0) return;
    const before = this.#reading;
    const reading = Promise.all([before, ...waits]).then(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    // It is taken up by `prefetch`, whenever that is called.
    reading.catch(() => undefined);
    this.#reading = reading;
  }

  /** What a record asked for is committed with it, however often more is asked for on the way, or goes into an asynchronous step. */
  async #sealAfterWaiting(): Promise<void> {
    for (;;) {
      const waiting = this.#interludes.read() ?? (this.#async?.isBusy === true ? this.#async.something() : undefined);
      if (waiting === undefined) return;
      await waiting;
      this.#async?.hold();
      this.#finish();
    }
  }

  /** Caches come last: what is delivered goes into them. */
  #finish(): void {
    this.#runInterludes(Infinity);
    this.deliver(Infinity);
    this.#opened().flush();
  }

  #asyncWork(): AsyncWork {
    const { clock, async: { wake, drainMs } = patient } = this.#options;
    return new AsyncWork({ clock, drainMs, wake });
  }

  /** The input record at hand, to be kept beyond its turn. */
  #cause(): InputRecord | undefined {
    if (this.#head === undefined) return undefined;
    const { topic, partition, batch, index } = this.#head;
    return { topic, partition, batch, index };
  }

  /** A record leaves an asynchronous step with all that it came with. */
  #deliverOne({ step, record }: AsyncDone): void {
    const head = record.cause as InputRecord | undefined;
    this.#head = head;
    this.#context.headers = record.headers;
    this.#context.timestamp = record.timestamp;
    this.#context.origin = record.origin;
    try {
      step.forward(record);
    } catch (cause) {
      this.#errors.processing(cause, step.node, record);
    }
  }

  #runInterludes(limit: number): number {
    if (!this.#interludes.isReady) return 0;
    this.#stage();
    return this.#interludes.run(limit);
  }

  /** Before anything is changed: what throws halfway has changed something too. */
  #stage(): void {
    this.#dirty = this.#isStaged = true;
  }

  #processHead(queue: InputQueue): void {
    const { source, topic, index } = queue;
    const batch = queue.batch as FetchedBatch;
    let key: unknown;
    let value: unknown;
    try {
      const keyBytes = batch.key(index);
      const valueBytes = batch.value(index);
      const headers = batch.headers(index);
      this.#context.headers = headers.length === 0 ? undefined : headers;
      key = keyBytes === null ? null : source.keySerde.deserialize(topic, keyBytes);
      value = valueBytes === null ? null : source.valueSerde.deserialize(topic, valueBytes);
    } catch (cause) {
      return this.#errors.undecodable(batch, index, source.node.name, cause);
    }
    const recordTime = batch.timestamp(index);
    let timestamp = recordTime;
    try {
      if (source.timestamp !== undefined) timestamp = source.timestamp(value, key, recordTime, queue.partitionTime);
      if (timestamp < 0) return this.#invalidTime(queue, timestamp);
      if (timestamp > queue.partitionTime) queue.partitionTime = timestamp;
      this.#observe(timestamp);
      this.#context.origin = this.#keepsOrigin ? originOf(queue) : queue;
      this.#head = queue;
      source.process(key, value, timestamp);
    } catch (cause) {
      // A time that cannot be told is no failure of processing.
      throw this.#head === queue ? this.#errors.stopping(cause, queue, timestamp) : userFailure(cause, queue);
    }
  }

  /** A record is processed: event time goes on, or the record is behind it. */
  #observe(timestamp: number): void {
    const behindMs = this.#streamTime - timestamp;
    if (behindMs < 0) this.#streamTime = timestamp;
    else if (behindMs > 0) this.#options.metrics.lateness(behindMs);
  }

  /**
   * Reads the heads that are due; false when something for it is under way. Records that are passed over are gone then, but for the last that waits:
   * its input has a record until its turn, the first of all (JVM: CorruptedRecord).
   */
  #readHeads(): boolean {
    for (let queue = this.#unread[0]; queue !== undefined; queue = this.#unread[0]) {
      if (queue.ready === 0) this.#lookAhead(queue);
      if (this.#reading !== undefined) return false;
      this.#current = queue;
      const isValid = this.#readHead(queue);
      this.#current = undefined;
      if (!isValid && queue.buffered > 1) {
        this.#stage();
        queue.shift();
        this.#options.metrics.processed++;
        continue;
      }
      queue.head.isPassedOver = !isValid;
      if (!isValid) queue.head.time = -1;
      this.#waiting.offer(queue);
      this.#unread.shift();
    }
    return true;
  }

  /** The first half of `processHead`, for queues whose heads are read early; false when the record is passed over. */
  #readHead(queue: InputQueue): boolean {
    const { source, topic, index, head } = queue;
    const batch = queue.batch as FetchedBatch;
    try {
      const keyBytes = batch.key(index);
      const valueBytes = batch.value(index);
      const headers = batch.headers(index);
      head.headers = headers.length === 0 ? undefined : headers;
      head.key = keyBytes === null ? null : source.keySerde.deserialize(topic, keyBytes);
      head.value = valueBytes === null ? null : source.valueSerde.deserialize(topic, valueBytes);
    } catch (cause) {
      this.#errors.undecodable(batch, index, source.node.name, cause);
      return false;
    }
    head.time = source.timestamp === undefined ? batch.timestamp(index) : this.#timeOf(queue, source.timestamp);
    if (head.time >= 0) return true;
    this.#invalidTime(queue, head.time);
    return false;
  }

  #timeOf(queue: InputQueue, extract: TimestampFunction): number {
    const { head, batch, index, partitionTime } = queue;
    try {
      return extract(head.value, head.key, (batch as FetchedBatch).timestamp(index), partitionTime);
    } catch (cause) {
      throw userFailure(cause, queue);
    }
  }

  /** The second half. */
  #processRead(queue: InputQueue): void {
    const { key, value, time, headers, isPassedOver } = queue.head;
    if (isPassedOver) return;
    if (time > queue.partitionTime) queue.partitionTime = time;
    this.#observe(time);
    this.#context.headers = headers;
    this.#context.origin = this.#keepsOrigin ? originOf(queue) : queue;
    this.#head = queue;
    try {
      queue.source.process(key, value, time);
    } catch (cause) {
      throw this.#errors.stopping(cause, queue, time);
    }
  }

  /** Without a say of the user a record must have a time; where there is one, a negative time passes it over. */
  #invalidTime({ source, topic, partition, batch, index }: InputQueue, timestamp: number): void {
    const offset = batch?.offset(index) ?? -1;
    if (source.timestamp === undefined || timestamp === unknownTime)
      throw millraceError('MR_RUNTIME_RECORD_TIME', { topic, partition, offset, timestamp });
    this.#options.metrics.dropped(`${source.node.name}: negative timestamp`);
  }

  /** The head of the first queue is done. */
  #shift(queue: InputQueue): void {
    queue.shift();
    this.#waiting.poll();
    if (queue.batch !== undefined) this.#offer(queue);
  }

  /** A queue has a head. */
  #offer(queue: InputQueue): void {
    if (queue.readsHead) this.#unread.push(queue);
    else this.#waiting.offer(queue);
  }

  #opened(): TaskState {
    invariant(this.#state, 'a task is open while it works');
    return this.#state;
  }

  #queue({ topic, partition }: TopicPartition): InputQueue | undefined {
    return this.#queues.find((queue) => queue.topic === topic && queue.partition === partition);
  }
}

function originOf({ topic, partition, offset }: InputQueue): RecordOrigin {
  return { topic, partition, offset };
}
