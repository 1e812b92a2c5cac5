/** The rows of one write, without those that newer ones of the same call hide, in batches of one Cassandra partition each. */
import type { CellValue, RowWrite } from '@millrace/ports';

export interface BatchLimits {
  readonly batchRows: number;
  readonly batchBytes: number;
}

/** Rows of one table and one partition. */
export type PartitionBatch = readonly RowWrite[];

export function partitionBatches(rows: readonly RowWrite[], { batchRows, batchBytes }: BatchLimits): PartitionBatch[] {
  const open = new Map<string, { rows: RowWrite[]; bytes: number }>();
  const batches: RowWrite[][] = [];
  for (const write of collapsed(rows)) {
    const key = partitionText(write);
    const bytes = approximateBytes(write);
    let batch = open.get(key);
    if (batch === undefined || batch.rows.length >= batchRows || batch.bytes + bytes > batchBytes) {
      batch = { rows: [], bytes: 0 };
      open.set(key, batch);
      batches.push(batch.rows);
    }
    batch.rows.push(write);
    batch.bytes += bytes;
  }
  return batches;
}

/** What is left when writes that a newer one of the same row hides completely are taken out: the outcome is the same. */
export function collapsed(rows: readonly RowWrite[]): readonly RowWrite[] {
  const newest = new Map<string, RowWrite>();
  const besides: RowWrite[] = [];
  for (const write of rows) {
    const key = rowText(write);
    const other = newest.get(key);
    if (other === undefined || hides(write, other)) newest.set(key, write);
    else if (!hides(other, write)) besides.push(write);
  }
  return [...newest.values(), ...besides];
}

/** True when nothing of `older` can be seen once `newer` is written. A delete wins a tie, as in Cassandra. */
function hides(newer: RowWrite, older: RowWrite): boolean {
  if (newer.kind === 'delete') return newer.writetime >= older.writetime;
  if (newer.writetime <= older.writetime) return false;
  return newer.table.columns.every(
    ({ name }) => isSet(newer.row[name]) || (older.kind === 'upsert' && !isSet(older.row[name])),
  );
}

function isSet(value: CellValue | undefined): boolean {
  return value !== null && value !== undefined;
}

function partitionText({ table, row }: RowWrite): string {
  let text = table.name;
  for (const name of table.partitionKey) text += cellText(row[name]);
  return text;
}

function rowText(write: RowWrite): string {
  let text = partitionText(write);
  for (const { name } of write.table.clusteringKey) text += cellText(write.row[name]);
  return text;
}

/** Two key cells of one column have the same text only if they are the same. */
function cellText(value: CellValue | undefined): string {
  const text = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);
  return `|${text.length}:${text}`;
}

function approximateBytes({ row }: RowWrite): number {
  let bytes = 16;
  for (const value of Object.values(row)) {
    bytes += typeof value === 'string' ? value.length * 2 : value instanceof Uint8Array ? value.length : 12;
  }
  return bytes;
}
