import type { ReadRow, StoreRead } from '@millrace/state';
import { QueryRows } from './query-rows.ts';
import type { RowShape, StoreSerdes } from './store-serdes.ts';

/** Answers reads of one store, wherever its partitions are. */
export interface StoreReader {
  readonly serdes: StoreSerdes;
  /** Rows of all partitions that are asked, in the order of the store. */
  rows(read: StoreRead): AsyncIterable<readonly ReadRow[]>;
}

/** The rows of a read, which is made when they are asked for: a key may need a schema first. */
export function queryRows<T>(
  { serdes, rows }: StoreReader,
  read: () => StoreRead | Promise<StoreRead>,
  shape: RowShape<T>,
): QueryRows<T> {
  return new QueryRows(async function* () {
    for await (const chunk of rows(await read())) if (chunk.length > 0) yield await serdes.decoded(chunk, shape);
  });
}
