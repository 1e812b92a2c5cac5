/** A table for tests: rows by writetime, faults and delays on demand, a line in the journal for every acknowledged write. */
import type { MillraceError } from '@millrace/base';
import type { CellValue, RowWrite, TableSink, TableSpec, TopicGeneration } from '@millrace/ports';

export type Row = Readonly<Record<string, CellValue>>;

interface Stored {
  readonly write: RowWrite;
}

export class FakeTable implements TableSink {
  readonly #journal: string[];
  readonly #rows = new Map<string, Stored>();
  readonly #generations = new Map<string, TopicGeneration>();
  /** Rejects a call with what it gives. */
  fault: (rows: readonly RowWrite[]) => MillraceError | undefined = () => undefined;
  /** What a write waits for before it is acknowledged. */
  gate: Promise<unknown> | undefined;
  openFault: MillraceError | undefined;
  readonly writes: (readonly RowWrite[])[] = [];
  isClosed = false;

  constructor(journal: string[] = []) {
    this.#journal = journal;
  }

  async open(_tables: readonly TableSpec[]): Promise<void> {
    if (this.openFault !== undefined) throw this.openFault;
  }

  async write(rows: readonly RowWrite[]): Promise<void> {
    this.writes.push(rows);
    const fault = this.fault(rows);
    if (fault !== undefined) {
      // A part of it may be there.
      for (const write of rows.slice(0, rows.length >> 1)) this.#apply(write);
      throw fault;
    }
    await this.gate;
    for (const write of rows) this.#apply(write);
    this.#journal.push(`wrote ${rows.length}`);
  }

  async generation(topic: string, topicId: string, proposed: TopicGeneration): Promise<TopicGeneration> {
    const key = `${topic}/${topicId}`;
    const decided = this.#generations.get(key) ?? proposed;
    this.#generations.set(key, decided);
    return decided;
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  /** Live rows in the order of their keys. */
  rows(table: string): readonly Row[] {
    return [...this.#rows]
      .filter(([, { write }]) => write.table.name === table && write.kind === 'upsert')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { write }]) => write.row);
  }

  #apply(write: RowWrite): void {
    const { name, partitionKey, clusteringKey } = write.table;
    const key = [...partitionKey, ...clusteringKey.map((one) => one.name)].map((column) => String(write.row[column]));
    const text = JSON.stringify([name, ...key.map((one) => one.padStart(20))]);
    const before = this.#rows.get(text)?.write;
    const wins = before === undefined || write.writetime > before.writetime || isDelete(write, before);
    if (wins) this.#rows.set(text, { write });
  }
}

/** A delete wins a tie. */
function isDelete(write: RowWrite, before: RowWrite): boolean {
  return write.writetime === before.writetime && write.kind === 'delete';
}
