import type { FetchedBatch, Header } from '@millrace/ports';
import type { CompiledSource } from '../compile/compile.ts';

/** Some records of a batch that lie behind each other. */
export type RecordSlice = Pick<FetchedBatch, 'topic' | 'count' | 'key' | 'value' | 'timestamp'>;

/** So many are read ahead: enough for one round to the disk to be worth it, so few that the first is not waited for. */
const recordsAhead = 1_000;
const emptySlice: RecordSlice = { topic: '', count: 0, key: () => null, value: () => null, timestamp: () => -1 };

interface QueueHead {
  key: unknown;
  value: unknown;
  time: number;
  headers: readonly Header[] | undefined;
  /** It cannot be read or has no time: it only takes its turn. */
  isPassedOver: boolean;
}

/** Records of one input partition that wait, as the batches they came in. Its head is the record `index` of `batch`. */
export class InputQueue {
  readonly topic: string;
  readonly partition: number;
  /** How its records are read and where they go. */
  readonly source: CompiledSource;
  /** The batch that holds the next record; undefined when none waits. */
  batch: FetchedBatch | undefined;
  index = 0;
  /** Records at the head whose needs have been read. */
  ready = 0;
  /** Greatest timestamp read so far (JVM: partition time). */
  partitionTime = -1;
  /** A record was taken from it, or what is no record was passed over: its position is committed (JVM: consumedOffsets). */
  isRead = false;
  /**
   * Its records are read when they become its head, since only then their time is known: where a function tells it, and where records are passed over
   * (JVM: RecordQueue, for all). Other queues go by the timestamps of their records, and read one in its turn.
   */
  readonly readsHead: boolean;
  /** The head as it was read: in its turn, or where `readsHead` from the moment it waits among the others. */
  readonly head: QueueHead = { key: null, value: null, time: -1, headers: undefined, isPassedOver: false };
  readonly #behind: FetchedBatch[] = [];
  #buffered = 0;
  /** Where the fetcher is: past records that were dropped on the way, such as control records. */
  #nextOffset: number | undefined;

  constructor(topic: string, partition: number, source: CompiledSource, readsHead = false) {
    this.topic = topic;
    this.partition = partition;
    this.source = source;
    this.readsHead = readsHead;
  }

  add(batch: FetchedBatch): void {
    if (batch.count === 0 && this.#nextOffset !== undefined && batch.nextOffset > this.#nextOffset) this.isRead = true;
    this.#nextOffset = batch.nextOffset;
    if (batch.count === 0) return;
    if (this.batch === undefined) this.batch = batch;
    else this.#behind.push(batch);
    this.#buffered += batch.count;
  }

  get buffered(): number {
    return this.#buffered;
  }

  /** Of the head; -1 when nothing waits. */
  get offset(): number {
    return this.batch?.offset(this.index) ?? -1;
  }

  headTimestamp(): number {
    if (this.readsHead) return this.head.time;
    return this.batch === undefined ? Infinity : this.batch.timestamp(this.index);
  }

  /** The head is done. */
  shift(): void {
    if (this.batch === undefined) return;
    this.isRead = true;
    this.#buffered--;
    this.ready--;
    if (++this.index < this.batch.count) return;
    this.batch = this.#behind.shift();
    this.index = 0;
  }

  /** The next records, as many as are looked at in one go: they will be ready. */
  ahead(): RecordSlice {
    const { batch, index } = this;
    if (batch === undefined) return emptySlice;
    this.ready = Math.min(recordsAhead, batch.count - index);
    return {
      topic: this.topic,
      count: this.ready,
      key: (i) => batch.key(index + i),
      value: (i) => batch.value(index + i),
      timestamp: (i) => batch.timestamp(index + i),
    };
  }

  /** The offset to commit: of the next record, or where the fetcher is; undefined when nothing was fetched. */
  position(): number | undefined {
    return this.batch === undefined ? this.#nextOffset : this.batch.offset(this.index);
  }
}
