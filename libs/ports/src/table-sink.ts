/** A column value as tables take it: integers of 64 bits are bigint, timestamps are ms since the epoch. */
export type CellValue = string | number | bigint | boolean | Uint8Array | null;

export type ColumnType = 'text' | 'int' | 'bigint' | 'double' | 'boolean' | 'timestamp' | 'blob';

/** A table to write to. Identifiers are validated and quoted by the sink. */
export interface TableSpec {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly partitionKey: readonly string[];
  readonly clusteringKey: readonly { readonly name: string; readonly order: 'asc' | 'desc' }[];
}

/** One idempotent change of one row. The same row with a greater `writetime` wins, in whatever order the writes arrive. */
export interface RowWrite {
  readonly table: TableSpec;
  readonly kind: 'upsert' | 'delete';
  /** Every key column, and for upserts the others too; an absent column is left as it is. */
  readonly row: Readonly<Record<string, CellValue>>;
  /** Microseconds: generation base + offset, so that a replay writes the same cells again. */
  readonly writetime: number;
}

/** What was decided when the rows of a topic generation (a topic id) were first written. */
export interface TopicGeneration {
  /** Added to offsets it gives their writetimes, in microseconds. */
  readonly base: number;
  /** How many partitions the topic had: with another number, keys have moved and offsets no longer order their writes. */
  readonly partitions: number;
}

/** Where results are materialised: Cassandra in production, the embedded table in the demo. */
export interface TableSink {
  /** Connects; creates keyspace and tables where that is allowed. */
  open(tables: readonly TableSpec[]): Promise<void>;
  /** Resolves when every write is acknowledged. Rejects `retriable` (try the same again) or `user`/`record`. Bounded in flight inside. */
  write(rows: readonly RowWrite[]): Promise<void>;
  /** A topic generation, decided once and kept beside the tables: reads it, or stores and returns `proposed`. */
  generation(topic: string, topicId: string, proposed: TopicGeneration): Promise<TopicGeneration>;
  close(): Promise<void>;
}
