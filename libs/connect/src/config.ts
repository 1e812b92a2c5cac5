/** The configuration of a connector, as `parseConnectorConfig` gives it: what to read, and the rows that records become. */
import type { TableSpec } from '@millrace/ports';

/** How the bytes of a key or a value are read. */
export type PlainFormat = 'string' | 'long' | 'json' | 'avro' | 'bytes';

/** Keys of windowed aggregations are read as `{ key, window: { start, end } }`. */
export interface WindowedFormat {
  readonly format: 'time-windowed';
  readonly inner: PlainFormat;
  readonly windowSizeMs: number;
}

export type Format = PlainFormat | WindowedFormat;

/** Where a column's value comes from. */
export type ColumnSource =
  | { readonly constant: string | number | boolean }
  | {
      /** `key`, `value.user.name`, `entry.hashtag`, `rank`, `timestamp` ... */
      readonly from: string;
      /** For instants (ms since the epoch): the pattern they are written with, in UTC. */
      readonly format?: string;
      /** A path that leads nowhere gives null instead of a dead letter. */
      readonly optional?: boolean;
    };

/** A list in the value that becomes one row an element, `rank` 1 to `max`. */
export interface Explosion {
  readonly list: string;
  /** Ranks past the end of a list are deleted up to here, so a shorter list leaves no row of a longer one. */
  readonly max: number;
}

/** The rows that each record of a topic becomes in one table. */
export interface RowsConfig {
  readonly table: TableSpec;
  readonly columns: Readonly<Record<string, ColumnSource>>;
  readonly explode?: Explosion;
}

export interface TopicConfig {
  readonly topic: string;
  /** Absent: keys are not read. */
  readonly key?: Format;
  readonly value: Format;
  readonly rows: readonly RowsConfig[];
  /** What a record without a value does: deletes its rows, nothing, or is one that cannot be mapped. */
  readonly tombstones: 'delete' | 'ignore' | 'reject';
  /** What happens to a record that cannot be mapped. */
  readonly onError: 'dead-letter' | 'stop';
  readonly deadLetterTopic: string;
}

export interface ConnectorConfig {
  readonly tables: readonly TableSpec[];
  readonly topics: readonly TopicConfig[];
}

/** Whether a format of it needs a schema registry. */
export function usesRegistry({ topics }: ConnectorConfig): boolean {
  const isAvro = (format: Format | undefined): boolean =>
    format !== undefined && (typeof format === 'string' ? format : format.inner) === 'avro';
  return topics.some(({ key, value }) => isAvro(key) || isAvro(value));
}
