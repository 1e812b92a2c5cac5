/** Runs a program on one task with transactions, crashes and restarts, as a stream thread would, and gives what was committed. */
import type { FetchedBatch, OffsetToCommit, StateEngines } from '@millrace/ports';
import { stateMemory } from '@millrace/state';
import { memoryEngines } from '@millrace/store-memory';
import type { Program } from '@millrace/topology';
import type { RecordCollector } from '../task/stream-task.ts';
import {
  batch,
  handClock,
  readAgain,
  run,
  writtenRecord,
  type HandClock,
  type TestRecord,
  type Written,
} from './task-harness.ts';

/** One step of a run. */
export type Move =
  /** Hands over the next records. */
  | { readonly type: 'accept'; readonly count: number }
  | { readonly type: 'process'; readonly limit: number }
  /** Waits for what the task wants to read. */
  | { readonly type: 'read' }
  | { readonly type: 'crash'; readonly keepsState: boolean }
  | { readonly type: 'wait'; readonly ms: number };

export interface RunPlan {
  readonly program: Program;
  readonly topic: string;
  readonly records: readonly TestRecord[];
  /** A commit after every so many records. */
  readonly commitEvery: number;
  readonly moves: readonly Move[];
  readonly residentMaxBytes?: number;
  /** Commits go on beside a read that is under way, as in a thread. */
  readonly commitsBesideReads?: boolean;
}

/** A log with transactions: aborted records leave holes in the offsets. */
class Log implements RecordCollector {
  readonly records: (Written & { readonly offset: number })[] = [];
  readonly #ends = new Map<string, number>();
  #committed = 0;

  append(...[topic, , ...record]: Parameters<RecordCollector['append']>): void {
    const offset = this.#ends.get(topic) ?? 0;
    this.#ends.set(topic, offset + 1);
    this.records.push({ ...writtenRecord(topic, ...record), offset });
  }

  partitionCount(): number {
    return 1;
  }

  endOffset(topic: string): number | undefined {
    return this.#ends.get(topic);
  }

  commit(): void {
    this.#committed = this.records.length;
  }

  abort(): void {
    this.records.length = this.#committed;
  }

  /** Committed records of a topic from an offset on. */
  tail(topic: string, from: number): FetchedBatch {
    const found = this.records.slice(0, this.#committed).filter((one) => one.topic === topic && one.offset >= from);
    return {
      ...batch(topic, 0, found.map(readAgain)),
      offset: (i) => found[i]?.offset ?? 0,
      nextOffset: this.#ends.get(topic) ?? 0,
    };
  }
}

type Opened = Awaited<ReturnType<typeof run>>['task'];

export class CrashingRun {
  readonly #plan: RunPlan;
  readonly #log = new Log();
  readonly #clock: HandClock = handClock();
  #engines: StateEngines = memoryEngines();
  #task!: Opened;
  #committed: readonly OffsetToCommit[] = [];
  /** The next record to hand over. */
  #next = 0;
  #processed = 0;

  constructor(plan: RunPlan) {
    this.#plan = plan;
  }

  /** Makes the moves, then what is left of the work, and gives all committed records but those of changelogs. */
  async outcome(): Promise<readonly Written[]> {
    await this.#open();
    for (const move of this.#plan.moves) await this.#move(move);
    while (this.#processed < this.#plan.records.length) {
      this.#accept(this.#plan.records.length);
      await this.#task.prefetch();
      await this.#process(this.#plan.records.length);
    }
    await this.#commit();
    // What a commit may have overtaken goes out with the next one.
    await this.#task.prefetch();
    this.#task.process(1_000);
    await this.#commit();
    return this.#log.records.filter(({ topic }) => !topic.endsWith('-changelog')).map(({ offset: _, ...record }) => record);
  }

  async #move(move: Move): Promise<void> {
    switch (move.type) {
      case 'accept':
        return this.#accept(move.count);
      case 'process':
        return this.#process(move.limit);
      case 'read':
        return this.#task.prefetch();
      case 'wait':
        return void (this.#clock.timeMs += move.ms);
      case 'crash':
        return this.#crash(move.keepsState);
    }
  }

  #accept(count: number): void {
    const { topic, records } = this.#plan;
    const given = records.slice(this.#next, this.#next + count);
    if (given.length === 0) return;
    this.#task.accept(batch(topic, this.#next, given));
    this.#next += given.length;
  }

  /** Commits come after the same records whatever the slices are. */
  async #process(limit: number): Promise<void> {
    const { commitEvery } = this.#plan;
    for (let left = limit; left > 0;) {
      const before = this.#task.bufferedRecords({ topic: this.#plan.topic, partition: 0 });
      const allowed = Math.min(left, commitEvery - (this.#processed % commitEvery));
      const steps = this.#task.process(allowed);
      const records = before - this.#task.bufferedRecords({ topic: this.#plan.topic, partition: 0 });
      this.#processed += records;
      left -= steps;
      if (records > 0 && this.#processed % commitEvery === 0) await this.#commit();
      if (steps === 0) return;
    }
  }

  async #commit(): Promise<void> {
    const reading = this.#task.prefetch();
    if (this.#plan.commitsBesideReads !== true) await reading;
    await this.#task.seal();
    this.#log.commit();
    this.#committed = this.#task.offsets();
    await Promise.all([this.#task.apply(), reading]);
  }

  async #crash(keepsState: boolean): Promise<void> {
    await this.#task.close();
    this.#log.abort();
    if (!keepsState) this.#engines = memoryEngines();
    this.#processed = this.#next = this.#committed[0]?.offset ?? 0;
    await this.#open();
  }

  async #open(): Promise<void> {
    const { program, residentMaxBytes } = this.#plan;
    const { task } = await run(program, {
      engines: this.#engines,
      clock: this.#clock,
      memory: stateMemory(undefined, residentMaxBytes),
      task: { collector: this.#log, emitIntervalMs: 0 },
    });
    for (const { topic, offset } of task.changelogs()) await task.restore(this.#log.tail(topic, Math.max(0, offset)));
    task.start(this.#committed);
    this.#task = task;
  }
}
