/**
 * Stands in for Cassandra in the demo: tables in memory, with its rules. Every cell keeps the writetime it came with and the greatest wins, in
 * whatever order writes arrive; a delete wins a tie, the larger value a tie of values. Gone with the process, and it says so by its name.
 */
import { millraceError } from '@millrace/base';
import type { CellValue, RowWrite, TableSink, TableSpec, TopicGeneration } from '@millrace/ports';

/** A row as a reader sees it; columns without a value are left out. */
export type TableRow = Readonly<Record<string, CellValue>>;

interface Cell {
  readonly value: CellValue;
  readonly writetime: number;
}

interface StoredRow {
  readonly key: readonly CellValue[];
  readonly cells: Map<string, Cell>;
  /** Of the newest upsert and of the newest delete. */
  upsertedAt: number;
  deletedAt: number;
}

interface Table {
  readonly spec: TableSpec;
  /** By partition, then by clustering key. */
  readonly partitions: Map<string, Map<string, StoredRow>>;
}

export class EmbeddedTable implements TableSink {
  readonly #tables = new Map<string, Table>();
  readonly #generations = new Map<string, TopicGeneration>();
  #rowCount = 0;

  /** Rows that a reader would see, in all tables. */
  get rowCount(): number {
    return this.#rowCount;
  }

  async open(tables: readonly TableSpec[]): Promise<void> {
    for (const spec of tables)
      if (!this.#tables.has(spec.name)) this.#tables.set(spec.name, { spec, partitions: new Map() });
  }

  async write(rows: readonly RowWrite[]): Promise<void> {
    for (const write of rows) this.#apply(write);
  }

  async generation(topic: string, topicId: string, proposed: TopicGeneration): Promise<TopicGeneration> {
    const key = `${topic}/${topicId}`;
    const decided = this.#generations.get(key) ?? proposed;
    this.#generations.set(key, decided);
    return decided;
  }

  async close(): Promise<void> {
    // What was written stays readable.
  }

  /** Rows of one partition in clustering order. */
  partition(table: string, partitionKey: TableRow): readonly TableRow[] {
    const { spec, partitions } = this.#table(table);
    const stored = partitions.get(keyText(spec.partitionKey.map((name) => partitionKey[name] ?? null)));
    return visible(spec, stored?.values() ?? []);
  }

  /** All rows of a table; partitions in no order, their rows in clustering order. */
  rows(table: string): readonly TableRow[] {
    const { spec, partitions } = this.#table(table);
    return [...partitions.values()].flatMap((stored) => visible(spec, stored.values()));
  }

  #table(name: string): Table {
    const table = this.#tables.get(name);
    if (table === undefined) throw millraceError('MR_INVARIANT', { why: `the embedded table was opened with ${name}` });
    return table;
  }

  #apply({ table: { name }, kind, row, writetime }: RowWrite): void {
    const stored = this.#stored(this.#table(name), row);
    const wasVisible = isVisible(stored);
    if (kind === 'delete') stored.deletedAt = Math.max(stored.deletedAt, writetime);
    else upsert(stored, row, writetime);
    this.#rowCount += Number(isVisible(stored)) - Number(wasVisible);
  }

  #stored({ spec, partitions }: Table, row: TableRow): StoredRow {
    const partitionKey = spec.partitionKey.map((name) => row[name] ?? null);
    const clusteringKey = spec.clusteringKey.map(({ name }) => row[name] ?? null);
    const partition = existing(partitions, keyText(partitionKey), () => new Map<string, StoredRow>());
    return existing(partition, keyText(clusteringKey), () => ({
      key: clusteringKey,
      cells: new Map(),
      upsertedAt: -Infinity,
      deletedAt: -Infinity,
    }));
  }
}

function upsert(stored: StoredRow, row: TableRow, writetime: number): void {
  stored.upsertedAt = Math.max(stored.upsertedAt, writetime);
  for (const [column, value] of Object.entries(row)) {
    const before = stored.cells.get(column);
    if (value === null || (before !== undefined && !supersedes({ value, writetime }, before))) continue;
    stored.cells.set(column, { value, writetime });
  }
}

function supersedes(cell: Cell, before: Cell): boolean {
  if (cell.writetime !== before.writetime) return cell.writetime > before.writetime;
  return compareCells(cell.value, before.value) > 0;
}

function isVisible({ upsertedAt, deletedAt }: StoredRow): boolean {
  return upsertedAt > deletedAt;
}

function visible({ clusteringKey }: TableSpec, stored: Iterable<StoredRow>): TableRow[] {
  return [...stored]
    .filter(isVisible)
    .sort((a, b) => {
      for (const [i, { order }] of clusteringKey.entries()) {
        const way = compareCells(a.key[i] ?? null, b.key[i] ?? null);
        if (way !== 0) return order === 'asc' ? way : -way;
      }
      return 0;
    })
    .map(({ cells, deletedAt }) =>
      Object.fromEntries(
        [...cells].filter(([, cell]) => cell.writetime > deletedAt).map(([name, { value }]) => [name, value]),
      ),
    );
}

function compareCells(a: CellValue, b: CellValue): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (a === b || a === null || b === null) return 0;
  return a < b ? -1 : 1;
}

/** The same for the same cells of a key only. */
function keyText(cells: readonly CellValue[]): string {
  return cells
    .map((cell) => (cell instanceof Uint8Array ? Buffer.from(cell).toString('latin1') : String(cell)))
    .map((text) => `${text.length}:${text}`)
    .join('|');
}

function existing<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) map.set(key, (value = make()));
  return value;
}
