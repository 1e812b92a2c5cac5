/**
 * Writes chunks: first the dead letters, then the rows; both until they are acknowledged. When the table refuses a row, the chunk is halved until
 * its record is found, so the others are written and the record is put aside like one that cannot be mapped. Writing a row again is always right.
 */
import { millraceError, type MillraceError } from '@millrace/base';
import type { TableSink } from '@millrace/ports';
import type { Chunk } from './chunk.ts';
import type { TopicConfig } from './config.ts';
import { count, type ConnectorCounters } from './connector-metrics.ts';
import type { DeadLetter, DeadLetters } from './dead-letters.ts';
import { retrying, type RetryPorts } from './retry.ts';

export interface WriterParts extends RetryPorts {
  readonly sink: TableSink;
  readonly deadLetters: DeadLetters;
  readonly counters: ConnectorCounters;
  readonly groupId: string;
  /** What keeps writes from being acknowledged now, by what is being done; undefined once it is over. */
  readonly onTrouble: (doing: string, error: MillraceError | undefined) => void;
}

export class ChunkWriter {
  readonly #parts: WriterParts;

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** True when all of it is acknowledged, false when the signal came first. Rejects when it cannot go on. */
  async write(chunk: Chunk, config: TopicConfig, signal: AbortSignal): Promise<boolean> {
    const { counters } = this.#parts;
    if (!(await this.#putAside(chunk.deadLetters, config, signal))) return false;
    if (chunk.rows.length === 0) return true;
    counters.rowsInFlight += chunk.rows.length;
    try {
      return await this.#writeRecords(chunk, [0, chunk.records], config, signal);
    } finally {
      counters.rowsInFlight -= chunk.rows.length;
    }
  }

  /** Does what may pass again until it succeeds; undefined when the signal came first. */
  retrying<T>(doing: string, signal: AbortSignal, step: () => Promise<T> | T): Promise<T | undefined> {
    const { onTrouble, counters } = this.#parts;
    const told = (error: MillraceError | undefined): void => {
      if (error !== undefined) counters.retries++;
      onTrouble(doing, error);
    };
    return retrying(this.#parts, { signal, doing, onTrouble: told }, step);
  }

  async #writeRecords(
    chunk: Chunk,
    [first, end]: readonly [number, number],
    config: TopicConfig,
    signal: AbortSignal,
  ): Promise<boolean> {
    const rows = chunk.rowsOf(first, end);
    if (rows.length === 0) return true;
    const refused = await this.#attempt(rows, signal);
    if (refused === 'stopped') return false;
    if (refused === undefined) {
      for (const { table } of rows) count(this.#parts.counters.rows, table.name, 1);
      return true;
    }
    if (end - first === 1) return this.#refused(chunk, first, config, { error: refused, signal });
    const middle = first + Math.floor((end - first) / 2);
    return (
      (await this.#writeRecords(chunk, [first, middle], config, signal)) &&
      (await this.#writeRecords(chunk, [middle, end], config, signal))
    );
  }

  /** Undefined when the rows are acknowledged, or the refusal of one of them. */
  async #attempt(
    rows: Parameters<TableSink['write']>[0],
    signal: AbortSignal,
  ): Promise<MillraceError | 'stopped' | undefined> {
    try {
      const done = await this.retrying('writing rows', signal, async () => {
        await this.#parts.sink.write(rows);
        return true;
      });
      return done === true ? undefined : 'stopped';
    } catch (error) {
      if ((error as MillraceError).severity === 'record') return error as MillraceError;
      throw error;
    }
  }

  async #refused(
    chunk: Chunk,
    record: number,
    config: TopicConfig,
    { error, signal }: { readonly error: MillraceError; readonly signal: AbortSignal },
  ): Promise<boolean> {
    const source = chunk.source(record);
    if (source === undefined) throw error;
    const letter = { topic: config.deadLetterTopic, error, ...source };
    if (config.onError === 'stop') throw stopAt(letter, this.#parts.groupId);
    return this.#putAside([letter], config, signal);
  }

  async #putAside(letters: readonly DeadLetter[], config: TopicConfig, signal: AbortSignal): Promise<boolean> {
    const { deadLetters, counters, logger } = this.#parts;
    if (letters.length === 0) return true;
    const put = await this.retrying('writing dead letters', signal, async () => {
      await deadLetters.put(letters);
      return true;
    });
    if (put !== true) return false;
    count(counters.deadLetters, config.topic, letters.length);
    const [first] = letters;
    if (first !== undefined)
      logger.log('warn', first.error.message, {
        code: first.error.code,
        deadLetterTopic: first.topic,
        records: letters.length,
      });
    return true;
  }
}

/** The error that ends a connector at a record, for those who want it so. */
export function stopAt({ batch, index, error }: Omit<DeadLetter, 'topic'>, groupId: string): MillraceError {
  const offset = batch.offset(index);
  const { topic, partition } = batch;
  const details = { topic, partition, offset, next: offset + 1, groupId, problem: error.message };
  return millraceError('MR_SINK_STOPPED', details, error);
}
