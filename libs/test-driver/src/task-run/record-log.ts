/**
 * Topics in memory with one transaction at a time: what is written is read by others once it is committed; what is aborted leaves a hole in the
 * offsets, as in Kafka. Records of all topics stand in the order in which they were committed.
 */
import { Buffer } from 'node:buffer';
import type { FetchedBatch, Header } from '@millrace/ports';
import type { RecordCollector } from '@millrace/runtime';
import type { ProducedRecord } from '../driver-output.ts';

/** A record in its partition. */
export interface LoggedRecord extends ProducedRecord {
  readonly offset: number;
  /** Written by the tasks, not from outside. */
  readonly isProduced: boolean;
  /** When it was written; the time of records that have none. */
  readonly writtenAt: number;
}

export interface RecordLogOptions {
  /** How many partitions a topic has. */
  partitionCount(topic: string): number;
  /** When a record is written. */
  now(): number;
}

export class RecordLog implements RecordCollector {
  readonly #options: RecordLogOptions;
  readonly #ends = new Map<string, number>();
  /** Committed ones, in the order of their commits. */
  readonly #records: LoggedRecord[] = [];
  /** Of the open transaction. */
  #open: LoggedRecord[] = [];

  constructor(options: RecordLogOptions) {
    this.#options = options;
  }

  /** What is committed. */
  get records(): readonly LoggedRecord[] {
    return this.#records;
  }

  /** A record from outside, committed at once. */
  produce(
    topic: string,
    partition: number,
    record: Pick<ProducedRecord, 'key' | 'value' | 'timestamp' | 'headers'>,
  ): void {
    this.#records.push(this.#placed({ ...record, topic, partition, isProduced: false }));
  }

  append(
    topic: string,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number | null,
    headers: readonly Header[] = [],
  ): void {
    const record = { topic, partition, key: copy(key), value: copy(value), timestamp, headers, isProduced: true };
    this.#open.push(this.#placed(record));
  }

  partitionCount(topic: string): number {
    return this.#options.partitionCount(topic);
  }

  endOffset(topic: string, partition: number): number | undefined {
    return this.#ends.get(`${topic}-${partition}`);
  }

  commit(): void {
    this.#records.push(...this.#open);
    this.#open = [];
  }

  abort(): void {
    this.#open = [];
  }

  /** The committed records of a partition from an offset on and below another one, as one batch. */
  read(topic: string, partition: number, from: number, end: number): FetchedBatch {
    const found = this.#records.filter(
      (one) => one.topic === topic && one.partition === partition && one.offset >= from && one.offset < end,
    );
    return this.batch(topic, partition, found);
  }

  /** Records of one partition as they are fetched. */
  batch(topic: string, partition: number, records: readonly LoggedRecord[]): FetchedBatch {
    const at = (i: number): LoggedRecord => records[i] as LoggedRecord;
    const last = records.at(-1);
    return {
      topic,
      partition,
      count: records.length,
      nextOffset: last === undefined ? (this.endOffset(topic, partition) ?? 0) : last.offset + 1,
      leaderEpoch: 0,
      offset: (i) => at(i).offset,
      timestamp: (i) => at(i).timestamp ?? at(i).writtenAt,
      // Whoever reads may keep or change what it gets.
      key: (i) => copy(at(i).key),
      value: (i) => copy(at(i).value),
      headers: (i) => at(i).headers,
    };
  }

  #placed(record: Omit<LoggedRecord, 'offset' | 'writtenAt'>): LoggedRecord {
    const name = `${record.topic}-${record.partition}`;
    const offset = this.#ends.get(name) ?? 0;
    this.#ends.set(name, offset + 1);
    return { ...record, offset, writtenAt: this.#options.now() };
  }
}

function copy(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}
