/** The rows of several partitions as one, in the order that each of them has. */
import { segmentMs, type ReadRow } from '@millrace/state';
import type { StoreSpec } from '@millrace/topology';

export type RowOrder = (a: ReadRow, b: ReadRow) => number;

type Chunks = AsyncIterable<readonly ReadRow[]>;

interface Cursor {
  readonly chunks: AsyncIterator<readonly ReadRow[]>;
  rows: readonly ReadRow[];
  at: number;
}

const chunkRows = 1_000;

/** How a store orders its rows: by key; windows by start, then key; sessions, and windows found by key and time, by segment, then key, then time. */
export function orderOf({ kind, window }: StoreSpec): RowOrder {
  const byKey: RowOrder = (a, b) => Buffer.compare(a.key, b.key);
  if (window === null) return byKey;
  if (kind !== 'session' && window.byKey !== true) return (a, b) => a.start - b.start || byKey(a, b);
  const time = kind === 'session' ? ({ end }: ReadRow) => end : ({ start }: ReadRow) => start;
  const length = segmentMs(window.retentionMs);
  const segment = (row: ReadRow): number => Math.floor(time(row) / length);
  return (a, b) => segment(a) - segment(b) || byKey(a, b) || time(a) - time(b) || a.start - b.start;
}

export function reversed(order: RowOrder): RowOrder {
  return (a, b) => order(b, a);
}

/** Merges sources of which each is in order. All of them are asked for their first rows at once. */
export async function* mergedRows(sources: readonly Chunks[], order: RowOrder): AsyncGenerator<readonly ReadRow[]> {
  const [only, ...others] = sources;
  if (only !== undefined && others.length === 0) return yield* only;
  const cursors = sources.map((source): Cursor => ({ chunks: source[Symbol.asyncIterator](), rows: [], at: 0 }));
  try {
    const filled = await Promise.all(cursors.map(refill));
    let live = cursors.filter((_, i) => filled[i]);
    let merged: ReadRow[] = [];
    while (live.length > 0) {
      const next = live.reduce((best, one) => (order(head(one), head(best)) < 0 ? one : best));
      merged.push(head(next));
      if (merged.length === chunkRows) {
        yield merged;
        merged = [];
      }
      if (++next.at === next.rows.length && !(await refill(next))) live = live.filter((one) => one !== next);
    }
    if (merged.length > 0) yield merged;
  } finally {
    await Promise.all(cursors.map(({ chunks }) => chunks.return?.()));
  }
}

function head({ rows, at }: Cursor): ReadRow {
  return rows[at] as ReadRow;
}

/** Takes the next rows; false when there are none. */
async function refill(cursor: Cursor): Promise<boolean> {
  for (;;) {
    const { done, value } = await cursor.chunks.next();
    if (done === true) return false;
    cursor.rows = value;
    cursor.at = 0;
    if (value.length > 0) return true;
  }
}
