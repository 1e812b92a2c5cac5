/** What becomes of the records of one topic: decoded, then mapped to rows. Synchronous; schemas not seen before are fetched ahead by `prepare`. */
import { MillraceError, millraceError } from '@millrace/base';
import type { FetchedBatch, RowWrite, SchemaRegistry } from '@millrace/ports';
import type { Serde } from '@millrace/serde';
import type { SourceRecord } from './column-value.ts';
import type { TopicConfig } from './config.ts';
import { serdeOf } from './record-format.ts';
import { rowMappings, type RowMappings } from './row-mapping.ts';

export class TopicMapping {
  readonly config: TopicConfig;
  readonly #key: Serde<unknown> | undefined;
  readonly #value: Serde<unknown>;
  readonly #rows: readonly RowMappings[];
  /** The record that is being mapped; one object for all of them. */
  readonly #record: SourceRecord;
  /** That it has no value: a JSON null is one. */
  #isTombstone = false;

  constructor(config: TopicConfig) {
    this.config = config;
    this.#key = config.key === undefined ? undefined : serdeOf(config.key);
    this.#value = serdeOf(config.value);
    this.#rows = config.rows.map(rowMappings);
    const { topic } = config;
    this.#record = { topic, partition: 0, offset: 0, timestamp: 0, key: null, value: null, entry: null, rank: 0 };
  }

  /** Once, before records. Rejects MR_SERDE_NO_REGISTRY when a format needs one. */
  async open(registry: SchemaRegistry | undefined): Promise<void> {
    const { topic } = this.config;
    await this.#key?.open?.({ topic, isKey: true, registry });
    await this.#value.open?.({ topic, isKey: false, registry });
  }

  /** Fetches what `map` needs for the records `from` to `to` of a batch; undefined when nothing is missing. Rejects `retriable`. */
  prepare(batch: FetchedBatch, from: number, to: number): Promise<unknown> | undefined {
    if (this.#key?.prepare === undefined && this.#value.prepare === undefined) return undefined;
    const fetches: Promise<void>[] = [];
    for (let i = from; i < to; i++) {
      const ofKey = this.#fetchFor(this.#key, batch.key(i));
      if (ofKey !== undefined) fetches.push(ofKey);
      const ofValue = this.#fetchFor(this.#value, batch.value(i));
      if (ofValue !== undefined) fetches.push(ofValue);
    }
    return fetches.length === 0 ? undefined : Promise.all(fetches);
  }

  #fetchFor(serde: Serde<unknown> | undefined, bytes: Buffer | null): Promise<void> | undefined {
    return bytes === null ? undefined : serde?.prepare?.(this.config.topic, bytes);
  }

  /** Appends the rows of a record, or gives the reason why it has none; then nothing was appended. */
  map(batch: FetchedBatch, i: number, writetime: number, rows: RowWrite[]): MillraceError | undefined {
    const count = rows.length;
    const record = this.#record;
    record.partition = batch.partition;
    record.offset = batch.offset(i);
    record.timestamp = batch.timestamp(i);
    const failure = this.#read(batch, i) ?? this.#mapRead(writetime, rows);
    if (failure !== undefined) rows.length = count;
    return failure;
  }

  #read(batch: FetchedBatch, i: number): MillraceError | undefined {
    const key = batch.key(i);
    const value = batch.value(i);
    const { topic } = this.config;
    let part: 'key' | 'value' = 'key';
    try {
      this.#record.key = key === null || this.#key === undefined ? null : this.#key.deserialize(topic, key);
      part = 'value';
      this.#record.value = value === null ? null : this.#value.deserialize(topic, value);
      this.#isTombstone = value === null;
      return undefined;
    } catch (cause) {
      if (MillraceError.is(cause) && cause.severity !== 'record') throw cause;
      const problem = cause instanceof Error ? cause.message : String(cause);
      return millraceError('MR_SINK_UNDECODABLE', { ...this.#position(), part, problem }, cause);
    }
  }

  #mapRead(writetime: number, rows: RowWrite[]): MillraceError | undefined {
    const { tombstones } = this.config;
    if (this.#isTombstone && tombstones === 'ignore') return undefined;
    if (this.#isTombstone && tombstones === 'reject') return this.#unmappable('value', 'it has no value');
    for (const mapping of this.#rows) {
      const fault = (this.#isTombstone ? mapping.delete : mapping.upsert)(this.#record, writetime, rows);
      if (fault !== undefined) return this.#unmappable(fault.column, fault.problem);
    }
    return undefined;
  }

  #unmappable(column: string, problem: string): MillraceError {
    return millraceError('MR_SINK_UNMAPPABLE', { ...this.#position(), column, problem });
  }

  #position(): { topic: string; partition: number; offset: number } {
    const { topic, partition, offset } = this.#record;
    return { topic, partition, offset };
  }
}
