/**
 * Rows into Cassandra tables, replayable and in any order: each write carries its own timestamp, so whichever arrives last, the newest wins.
 *
 * Order of calls: open (again after a retriable rejection), then generation and write as often and as parallel as wanted, then close.
 * `write` resolves when every row is acknowledged at the chosen consistency; after a rejection any part of it may be there, and writing all
 * of it again is right.
 */
import type { MillraceError } from '@millrace/base';
import { millraceError, type Clock, type Logger } from '@millrace/base';
import type { RowWrite, TableSink, TableSpec, TopicGeneration } from '@millrace/ports';
import { AdaptiveLimit } from './adaptive-limit.ts';
import type { CqlSession, CqlValue, ExecuteOptions } from './cql-session.ts';
import { sinkError } from './driver-error.ts';
import { DriverSession, type DriverOptions } from './driver-session.ts';
import { partitionBatches, type PartitionBatch } from './partition-batches.ts';
import { bind, tableStatements, type TableStatements } from './row-statement.ts';
import { checkTable, createKeyspace, createTable, quoted, selectColumns, tableName } from './table-schema.ts';

/** Settings of a Cassandra sink. */
export interface CassandraSinkOptions extends DriverOptions {
  readonly keyspace: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of a keyspace that the sink creates, in the local data centre. @default 1 */
  readonly replicationFactor?: number;
  /** Create keyspace and tables that are missing; false: they must be there. @default true */
  readonly createTables?: boolean;
  /** Requests out at once. @default 256 */
  readonly maxInFlight?: number;
  /** Rows of one partition in one request. @default 64 */
  readonly batchRows?: number;
  /** @default 65536 */
  readonly batchBytes?: number;
}

/** Makes a sink; it connects with `open`. */
export function createCassandraSink(options: CassandraSinkOptions): TableSink {
  return new CassandraSink(options, new DriverSession(options));
}

/** The generations of topics, beside the tables they are for. */
const controlTable: TableSpec = {
  name: 'millrace_sink',
  columns: [
    { name: 'topic', type: 'text' },
    { name: 'topic_id', type: 'text' },
    { name: 'base', type: 'bigint' },
    { name: 'partitions', type: 'int' },
  ],
  partitionKey: ['topic'],
  clusteringKey: [{ name: 'topic_id', order: 'asc' }],
};

/** A request that an overloaded cluster did not finish is sent again this often before the write rejects. */
const attemptsMax = 4;
const firstBackoffMs = 100;

export class CassandraSink implements TableSink {
  readonly #options: CassandraSinkOptions;
  readonly #session: CqlSession;
  readonly #contactPoints: string;
  readonly #limit: AdaptiveLimit;
  readonly #limits: { readonly batchRows: number; readonly batchBytes: number };
  readonly #statements = new Map<string, TableStatements>();

  constructor(options: CassandraSinkOptions, session: CqlSession) {
    this.#options = options;
    this.#session = session;
    this.#contactPoints = options.contactPoints.join(', ');
    this.#limit = new AdaptiveLimit(options.maxInFlight ?? 256);
    this.#limits = { batchRows: options.batchRows ?? 64, batchBytes: options.batchBytes ?? 65_536 };
  }

  async open(tables: readonly TableSpec[]): Promise<void> {
    const { keyspace } = this.#options;
    for (const table of tables) this.#statements.set(table.name, tableStatements(keyspace, table));
    await this.#session.connect().catch((cause: unknown) => this.#fail(cause, 'connecting'));
    await this.#ensureKeyspace();
    for (const table of [controlTable, ...tables]) await this.#ensureTable(table);
  }

  async write(rows: readonly RowWrite[]): Promise<void> {
    let failure: MillraceError | undefined;
    const sent: Promise<void>[] = [];
    for (const batch of partitionBatches(rows, this.#limits)) {
      const place = this.#limit.take();
      if (place !== undefined) await place;
      if (failure !== undefined) {
        this.#limit.release();
        break;
      }
      sent.push(this.#send(batch).catch((error: MillraceError) => void (failure = graver(failure, error))));
    }
    await Promise.all(sent);
    if (failure !== undefined) throw failure;
  }

  /** Decided by a lightweight transaction: of two connectors that start at once, both go on with the same generation. */
  async generation(topic: string, topicId: string, proposed: TopicGeneration): Promise<TopicGeneration> {
    const table = tableName(this.#options.keyspace, controlTable.name);
    const columns = '("topic", "topic_id", "base", "partitions")';
    const insert = `INSERT INTO ${table} ${columns} VALUES (?, ?, ?, ?) IF NOT EXISTS`;
    const values = [topic, topicId, BigInt(proposed.base), proposed.partitions];
    const [row] = await this.#execute(insert, values, `deciding the generation of ${topic}`);
    if (row?.['[applied]'] !== false) return proposed;
    return { base: Number(row['base']), partitions: Number(row['partitions']) };
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  /** Looks first: CREATE ... IF NOT EXISTS by several connectors at once would make the nodes agree on a schema again and again. */
  async #ensureKeyspace(): Promise<void> {
    const { keyspace, localDataCenter, replicationFactor = 1, createTables = true } = this.#options;
    const select = 'SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?';
    if ((await this.#execute(select, [keyspace], 'reading the schema')).length > 0) return;
    const statement = createKeyspace(keyspace, localDataCenter, replicationFactor);
    if (!createTables)
      throw millraceError('MR_SINK_TABLE_MISSING', { table: `keyspace ${quoted('keyspace', keyspace)}`, statement });
    await this.#execute(statement, [], `creating keyspace ${keyspace}`, { isSchema: true });
    this.#options.logger.log('info', 'Created a Cassandra keyspace.', { keyspace, replicationFactor });
  }

  async #ensureTable(table: TableSpec): Promise<void> {
    const { keyspace, createTables = true } = this.#options;
    const columns = () => this.#execute(selectColumns, [keyspace, table.name], 'reading the schema');
    let found = await columns();
    if (found.length === 0) {
      const statement = createTable(keyspace, table);
      const name = tableName(keyspace, table.name);
      if (!createTables) throw millraceError('MR_SINK_TABLE_MISSING', { table: `Table ${name}`, statement });
      await this.#execute(statement, [], `creating table ${name}`, { isSchema: true });
      this.#options.logger.log('info', 'Created a Cassandra table.', { table: name });
      found = await columns();
    }
    checkTable(keyspace, table, found);
  }

  /** Sends one batch in the place taken for it, and gives the place back. */
  async #send(batch: PartitionBatch): Promise<void> {
    try {
      for (let attempt = 1; ; attempt++) {
        const error = await this.#attempt(batch);
        if (error === undefined) return this.#limit.grow();
        if (error.code !== 'MR_SINK_OVERLOADED') throw error;
        this.#limit.shrink();
        const { limit } = this.#limit;
        this.#options.logger.log('warn', 'Cassandra is overloaded; fewer requests go out at once.', {
          limit,
          why: error.message,
        });
        if (attempt >= attemptsMax) throw error;
        // The place stays taken: an overloaded cluster gets fewer requests while this one waits.
        await this.#options.clock.sleep(firstBackoffMs * 2 ** (attempt - 1));
      }
    } finally {
      this.#limit.release();
    }
  }

  async #attempt(batch: PartitionBatch): Promise<MillraceError | undefined> {
    const table = batch[0]?.table.name ?? '';
    try {
      const statements = this.#statements.get(table);
      if (statements === undefined)
        throw millraceError('MR_INVARIANT', { why: `the sink was opened with table ${table}` });
      const [first, ...others] = batch.map((write) => bind(statements, write));
      if (first === undefined) return undefined;
      if (others.length === 0) await this.#session.execute(first.statement, first.values);
      else await this.#session.batch([first, ...others]);
      return undefined;
    } catch (cause) {
      return sinkError(cause, { what: `writing to ${table}`, contactPoints: this.#contactPoints, table });
    }
  }

  async #execute(statement: string, values: readonly CqlValue[], what: string, options?: ExecuteOptions) {
    try {
      return await this.#session.execute(statement, values, options);
    } catch (cause) {
      return this.#fail(cause, what);
    }
  }

  #fail(cause: unknown, what: string): never {
    throw sinkError(cause, { what, contactPoints: this.#contactPoints });
  }
}

/** Of two failures the one that trying again cannot mend. */
function graver(one: MillraceError | undefined, other: MillraceError): MillraceError {
  return one === undefined || one.severity === 'retriable' ? other : one;
}
