/**
 * The standby tasks of a process: copies of tasks that run elsewhere, kept up to date from their changelogs (read committed), all over one fetcher. They
 * process nothing. When the group moves such a task here, the thread that gets it takes the open engines and reads what little is missing:
 *
 *   opening ─▶ updating ─▶ taken (the thread goes on with its engines), or closed (its state stays on the disk)
 *
 * Only what belongs to the copies can fail here: it is logged and tried again, and neither a thread nor the application ends for it.
 */
import { MillraceError, millraceError, type Clock, type Logger } from '@millrace/base';
import type { FetchedBatch, Fetcher, KafkaClient, StateEngine, StateEngines, TopicPartition } from '@millrace/ports';
import { taskInputs, type ApplicationPlan } from '../application/application-plan.ts';
import { isBuffer } from '../compile/buffered-changes.ts';
import { errorOf } from '../thread/failure.ts';
import type { StoredTasks } from '../group/stored-tasks.ts';
import type { Position } from '../queries/state-query.ts';
import { taskIdText, type ChangelogPosition, type StreamTask, type TaskId } from '../task/stream-task.ts';
import { batchBefore } from '../thread/batch-part.ts';
import { EndSamples } from './end-samples.ts';
import { lent, type KeptEngines } from './kept-engines.ts';
import type { StandbyUpdateListener, SuspendReason } from './update-listener.ts';

export interface StandbyTasksOptions {
  readonly client: KafkaClient;
  readonly engines: StateEngines;
  readonly memoryEngine: (() => StateEngine) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly plan: ApplicationPlan;
  readonly stored: StoredTasks;
  readonly listener: StandbyUpdateListener | undefined;
  /** Makes the task of a copy on these engines, which it leaves open. */
  readonly makeTask: (id: TaskId, engines: KeptEngines) => StreamTask;
}

/** A copy of a task. */
export interface Standby {
  readonly id: TaskId;
  readonly text: string;
  /** Of the task that it is a copy of. */
  readonly inputs: readonly TopicPartition[];
  phase: 'opening' | 'updating' | 'gone';
  task: StreamTask | undefined;
}

interface Copy extends Standby {
  engines: KeptEngines | undefined;
  /** What it reads. */
  changelogs: readonly ChangelogPosition[];
  /** The next offset to take in, by place. */
  readonly positions: Map<string, number>;
  /** Places that are inputs themselves and have more to take in: what is not processed yet is not read. */
  readonly following: Set<string>;
  /** Opening, or taking a batch in. */
  pending: Promise<void>;
}

/** How far behind a copy is. */
export interface CopyLag {
  /** The next changelog offset to take in. */
  readonly position: number;
  /** Offsets up to the end that was last seen, those of markers included; Infinity when none was. */
  readonly records: number;
  /** It has everything that was committed this long ago, ms; Infinity when that is not known. */
  readonly ageMs: number;
}

const waitMs = 500;
const retryMs = 1_000;
/** How often the ends of the changelogs are asked for, and how far the state is told to the assignor. */
const sampleMs = 1_000;

export class StandbyTasks {
  readonly #options: StandbyTasksOptions;
  readonly #copies = new Map<string, Copy>();
  readonly #samples: EndSamples;
  #fetcher: Fetcher | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  #sampledAtMs = -Infinity;

  constructor(options: StandbyTasksOptions) {
    this.#options = options;
    this.#samples = new EndSamples(options.client.admin, options.clock, options.plan.applicationId);
  }

  get standbys(): readonly Standby[] {
    return [...this.#copies.values()];
  }

  /** Begins to keep copies of tasks, and ends those that are not wanted. What is `active` here is left to the thread that is about to take it. */
  want(wanted: readonly TaskId[], active: ReadonlySet<string>): void {
    if (this.#isClosed) return;
    const names = new Set(wanted.map(taskIdText));
    for (const copy of this.#copies.values()) if (!names.has(copy.text) && !active.has(copy.text)) void this.#end(copy);
    for (const id of wanted) if (!this.#copies.has(taskIdText(id)) && !active.has(taskIdText(id))) this.#begin(id);
  }

  /** Ends a copy for the task that is about to run here; gives its engines, open. Undefined when there is none. */
  async take(text: string): Promise<KeptEngines | undefined> {
    const copy = this.#copies.get(text);
    if (copy === undefined) return undefined;
    const hasFailed = isGone(copy);
    await this.#release(copy, 'PROMOTED');
    return hasFailed ? undefined : copy.engines;
  }

  /** How far behind the changelog of a store its copy is; undefined when there is no copy, or nothing is known. */
  lag(text: string, store: string): CopyLag | undefined {
    const copy = this.#copies.get(text);
    const place = copy?.changelogs.find((one) => one.store === store);
    const position = place === undefined ? undefined : copy?.positions.get(nameOf(place));
    if (copy?.phase !== 'updating' || place === undefined || position === undefined) return undefined;
    const end = this.#endOf(place);
    const reachedAtMs = this.#samples.reachedAt(place, position);
    const ageMs = this.#options.clock.monotonic() - reachedAtMs;
    return { position, records: end < 0 ? Infinity : Math.max(0, end - position), ageMs };
  }

  /** The last offset of each input that is in a copy for certain; undefined where nothing is known. What came in the last second may be in it too. */
  position(text: string): Position | undefined {
    const copy = this.#copies.get(text);
    if (copy?.phase !== 'updating' || copy.changelogs.length === 0) return undefined;
    const positions = copy.changelogs.map((place) => ({ ...place, offset: copy.positions.get(nameOf(place)) ?? -1 }));
    const position: Record<string, Record<number, number>> = {};
    for (const input of copy.inputs) {
      const next = this.#samples.processedBy(positions, input);
      if (next !== undefined && next > 0) (position[input.topic] ??= {})[input.partition] = next - 1;
    }
    return position;
  }

  #endOf(place: ChangelogPosition): number {
    const read = place.isSource === true ? undefined : this.#fetcher?.endOffset(place);
    return Math.max(read ?? -1, this.#samples.newest(place) ?? -1);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#fetcher?.wakeup();
    await Promise.all([...this.#copies.values()].map((copy) => this.#end(copy)));
    await this.#running;
    await this.#fetcher?.close();
  }

  #begin(id: TaskId): void {
    const text = taskIdText(id);
    const copy: Copy = {
      id,
      text,
      inputs: taskInputs(this.#options.plan, id),
      phase: 'opening',
      task: undefined,
      engines: undefined,
      changelogs: [],
      positions: new Map(),
      following: new Set(),
      pending: Promise.resolve(),
    };
    this.#copies.set(text, copy);
    copy.pending = this.#open(copy).catch((thrown: unknown) => this.#failed(copy, thrown));
  }

  async #open(copy: Copy): Promise<void> {
    const { memoryEngine, logger } = this.#options;
    const disk = await this.#openDisk(copy);
    if (disk === undefined) return;
    const memory = memoryEngine?.();
    copy.engines = { disk, memory };
    const task = this.#options.makeTask(copy.id, { disk: lent(disk), memory });
    await task.open();
    copy.task = task;
    copy.changelogs = task.changelogs().filter((place) => this.#isKept(copy.id, place));
    const positions = await this.#positions(copy.changelogs);
    if (isGone(copy)) return;
    copy.phase = 'updating';
    logger.log('info', 'A standby task follows its changelogs.', { task: copy.text });
    if (positions.length === 0) return;
    this.#fetcher ??= this.#options.client.fetcher({ isolation: 'read_committed', offsetReset: 'fail' });
    for (const place of positions) {
      copy.positions.set(nameOf(place), place.offset);
      this.#tell((listener) => listener.onUpdateStart?.(placeOf(place), place.store, place.offset));
    }
    this.#fetcher.assign(positions.filter(({ isSource }) => isSource !== true));
    this.#running ??= this.#run(this.#fetcher).finally(() => (this.#running = undefined));
  }

  /** Waits while a thread of this process still closes the task that it has given up. */
  async #openDisk({ text, ...copy }: Copy): Promise<StateEngine | undefined> {
    const { engines, clock } = this.#options;
    for (;;) {
      try {
        return await engines.open(text);
      } catch (error) {
        if (!MillraceError.is(error) || error.code !== 'MR_STATE_LOCKED') throw error;
        if (this.#isClosed || this.#copies.get(text)?.id !== copy.id) return undefined;
        await clock.sleep(retryMs / 10);
      }
    }
  }

  /** Where reading begins; a copy whose position its changelog no longer has is made anew. */
  async #positions(places: readonly ChangelogPosition[]): Promise<readonly ChangelogPosition[]> {
    if (places.length === 0) return [];
    const begins = await this.#options.client.admin.listOffsets(places, 'earliest', 'read_committed');
    return places.map((place) => {
      const { topic, partition, store, offset } = place;
      const begin = begins.find((one) => one.topic === topic && one.partition === partition)?.offset ?? 0;
      if (offset >= 0 && offset < begin)
        throw millraceError('MR_RUNTIME_CHANGELOG_MOVED', {
          where: `${store} at ${topic}-${partition} offset ${offset}`,
        });
      return { ...place, offset: Math.max(offset, begin) };
    });
  }

  #isKept({ subtopology }: TaskId, { store }: ChangelogPosition): boolean {
    const stores = this.#options.plan.subtopologies.find(({ id }) => id === subtopology)?.stores ?? [];
    return !stores.some((spec) => spec.name === store && isBuffer(spec));
  }

  async #run(fetcher: Fetcher): Promise<void> {
    const { clock, logger } = this.#options;
    while (!this.#isClosed && this.#copies.size > 0) {
      try {
        for (const batch of await fetcher.poll(waitMs)) await this.#apply(batch);
        await this.#sample();
      } catch (thrown) {
        if (this.#isClosed) return;
        const moved = this.#movedCopy(thrown);
        if (moved !== undefined)
          await this.#failed(moved, millraceError('MR_RUNTIME_CHANGELOG_MOVED', { where: moved.text }, thrown));
        else logger.log('warn', 'Standby tasks cannot read; they try again.', { why: errorOf(thrown).message });
        await clock.sleep(retryMs);
      }
    }
  }

  async #apply(batch: FetchedBatch): Promise<void> {
    const copy = this.#copyOf(batch);
    const place = copy?.changelogs.find((one) => nameOf(one) === nameOf(batch));
    if (copy?.task === undefined || place === undefined) return;
    const to = place.isSource === true ? (this.#samples.newest(place) ?? 0) : Infinity;
    const wanted = batchBefore(batch, to);
    if (wanted.count > 0) {
      copy.pending = copy.task
        .restore(wanted)
        .then(() => this.#loaded(copy, place, wanted))
        .catch((thrown: unknown) => this.#failed(copy, thrown));
      await copy.pending;
    }
    copy.positions.set(nameOf(batch), wanted.nextOffset);
    if (wanted.nextOffset < to || place.isSource !== true) return;
    this.#fetcher?.unassign([place]);
    copy.following.delete(nameOf(place));
  }

  #loaded({ text }: Copy, place: ChangelogPosition, batch: FetchedBatch): void {
    const last = batch.offset(batch.count - 1);
    this.#tell((listener) =>
      listener.onBatchLoaded?.(placeOf(place), place.store, text, last, batch.count, this.#endOf(place)),
    );
  }

  /** Reads on in inputs that were processed further. */
  #follow({ changelogs, positions, following }: Copy): void {
    for (const place of changelogs) {
      const name = nameOf(place);
      const offset = positions.get(name) ?? 0;
      const isBehind = place.isSource === true && (this.#samples.newest(place) ?? 0) > offset;
      if (!isBehind || following.has(name)) continue;
      following.add(name);
      this.#fetcher?.assign([{ ...placeOf(place), offset }]);
    }
  }

  #tell(what: (listener: StandbyUpdateListener) => void): void {
    const { listener, logger } = this.#options;
    try {
      if (listener !== undefined) what(listener);
    } catch (thrown) {
      logger.log('warn', 'The standby update listener failed.', { why: errorOf(thrown).message });
    }
  }

  async #sample(): Promise<void> {
    const { clock, stored } = this.#options;
    if (clock.monotonic() - this.#sampledAtMs < sampleMs) return;
    this.#sampledAtMs = clock.monotonic();
    const updating = [...this.#copies.values()].filter(({ phase }) => phase === 'updating');
    for (const copy of updating) stored.closed(copy.text, offsetsOf(copy));
    const inputs = updating.flatMap((copy) => copy.inputs);
    await this.#samples.take(
      updating.flatMap(({ changelogs }) => changelogs),
      inputs,
    );
    for (const copy of updating) if (!isGone(copy)) this.#follow(copy);
  }

  /** Closes what failed, without a trace of what cannot be read; a little later it begins anew. */
  async #failed(copy: Copy, thrown: unknown): Promise<void> {
    if (isGone(copy) || this.#isClosed) return;
    const { logger, engines, stored } = this.#options;
    const { code, severity, message: why } = errorOf(thrown);
    const isLost = severity === 'corrupt' || code === 'MR_RUNTIME_CHANGELOG_MOVED';
    logger.log('warn', 'A standby task begins anew.', { task: copy.text, code, why, wiped: isLost });
    copy.phase = 'gone';
    this.#unassign(copy);
    this.#suspended(copy, 'MIGRATED');
    try {
      await copy.task?.close();
      await copy.engines?.disk.close();
      if (isLost) {
        await engines.destroy(copy.text);
        stored.wiped(copy.text);
      }
    } catch (error) {
      logger.log('warn', 'A standby task could not be closed in order.', { why: errorOf(error).message });
    }
    copy.task = copy.engines = undefined;
    void this.#beginAgain(copy);
  }

  async #beginAgain(copy: Copy): Promise<void> {
    await this.#options.clock.sleep(retryMs);
    if (this.#copies.get(copy.text) === copy && !this.#isClosed) this.#begin(copy.id);
  }

  /** Ends a copy whose engines nobody needs. */
  async #end(copy: Copy): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.#release(copy, 'MIGRATED');
      await copy.engines?.disk.close();
    } catch (thrown) {
      logger.log('warn', 'A standby task could not be closed in order.', { why: errorOf(thrown).message });
    }
  }

  /** Ends a copy and leaves its engines open. */
  async #release(copy: Copy, reason: SuspendReason): Promise<void> {
    const wasUpdating = copy.phase === 'updating';
    this.#copies.delete(copy.text);
    copy.phase = 'gone';
    this.#unassign(copy);
    await copy.pending;
    await copy.task?.close();
    if (wasUpdating) this.#suspended(copy, reason);
    if (copy.task !== undefined) this.#options.stored.closed(copy.text, offsetsOf(copy));
  }

  #suspended({ changelogs, positions }: Copy, reason: SuspendReason): void {
    for (const place of changelogs) {
      const last = (positions.get(nameOf(place)) ?? 0) - 1;
      this.#tell((listener) =>
        listener.onUpdateSuspended?.(placeOf(place), place.store, last, this.#endOf(place), reason),
      );
    }
  }

  #unassign({ changelogs }: Copy): void {
    this.#fetcher?.unassign(changelogs);
  }

  #copyOf({ topic, partition }: TopicPartition): Copy | undefined {
    return [...this.#copies.values()].find(
      ({ phase, changelogs }) =>
        phase === 'updating' && changelogs.some((one) => one.topic === topic && one.partition === partition),
    );
  }

  #movedCopy(thrown: unknown): Copy | undefined {
    if (!MillraceError.is(thrown) || thrown.code !== 'MR_CLIENT_OFFSET_OUT_OF_RANGE') return undefined;
    return this.#copyOf(thrown.details as unknown as TopicPartition);
  }
}

/** Reads the phase afresh: it may have changed while something was awaited. */
function isGone({ phase }: Standby): boolean {
  return phase === 'gone';
}

function offsetsOf({ task }: Standby): number {
  return (task?.changelogs() ?? []).reduce((sum, { offset }) => sum + Math.max(0, offset), 0);
}

function placeOf({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition };
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
