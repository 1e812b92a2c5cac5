/** Ranges of an engine in slices, with rows laid over that it does not know yet. */
import type { KeyRange, KeyValue, StateEngine } from '@millrace/ports';

/** Something in memory that stands in place of what the engine has under a local key. */
export interface Overlay {
  readonly localKey: Buffer;
}

export type Overlaid<T extends Overlay> =
  | { readonly localKey: Buffer; readonly stored: Buffer; readonly over?: never }
  | { readonly localKey: Buffer; readonly over: T; readonly stored?: never };

/**
 * Entries in byte order, backwards with `range.reverse`. The engine's snapshot and `unwritten` are of one moment: when the first chunk is asked for.
 * `unwritten` gives each local key once, in any order.
 */
export async function* overlaidScan<T extends Overlay>(
  engine: StateEngine,
  range: KeyRange,
  unwritten: () => readonly T[],
): AsyncGenerator<readonly Overlaid<T>[], void, undefined> {
  const direction = range.reverse === true ? -1 : 1;
  const chunks = engine.scan(range)[Symbol.asyncIterator]();
  const first = chunks.next();
  const over = [...unwritten()].sort((a, b) => direction * Buffer.compare(a.localKey, b.localKey));
  let at = 0;
  try {
    for (let chunk = await first; chunk.done !== true; chunk = await chunks.next()) {
      const merged: Overlaid<T>[] = [];
      for (const entry of chunk.value) at = before(entry, over, at, direction, merged);
      if (merged.length > 0) yield merged;
    }
    if (at < over.length) yield over.slice(at).map(laidOver);
  } finally {
    await chunks.return?.();
  }
}

/** Takes the overlays up to an entry of the engine, and the entry unless one stands in its place. */
function before<T extends Overlay>(
  [localKey, stored]: KeyValue,
  over: readonly T[],
  from: number,
  direction: number,
  into: Overlaid<T>[],
): number {
  let at = from;
  for (; at < over.length; at++) {
    const order = direction * Buffer.compare((over[at] as T).localKey, localKey);
    if (order > 0) break;
    into.push(laidOver(over[at] as T));
    if (order === 0) return at + 1;
  }
  into.push({ localKey, stored });
  return at;
}

function laidOver<T extends Overlay>(over: T): Overlaid<T> {
  return { localKey: over.localKey, over };
}
