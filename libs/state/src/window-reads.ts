/** The windows of one key in an engine that has them in the order of their start. */
import type { KeyValue, StateEngine } from '@millrace/ports';
import { readWindowLocalKey, windowLocalKey } from './local-keys.ts';

/** A range of starts, both inclusive. */
interface Starts {
  readonly from: number;
  readonly to: number;
}

/**
 * Jumps from one start to the next instead of reading the rows of all other keys in between: two reads a start at most, in slices of one, and nothing
 * of it is one snapshot.
 */
export async function* windowsOfKey(
  engine: StateEngine,
  id: number,
  key: Uint8Array,
  { from, to }: Starts,
): AsyncGenerator<KeyValue, void, undefined> {
  const lt = windowLocalKey(id, to, Buffer.concat([key, Buffer.alloc(1)]));
  for (let start = from; start <= to;) {
    const found = await first(engine, windowLocalKey(id, start, key), lt);
    if (found === undefined) return;
    const at = readWindowLocalKey(found[0]);
    const isSought = at.start === start && at.key.equals(key);
    if (isSought) yield found;
    start = at.start === start ? start + 1 : at.start;
  }
}

/** The same from the latest start to the first. */
export async function* windowsOfKeyBackwards(
  engine: StateEngine,
  id: number,
  key: Uint8Array,
  { from, to }: Starts,
): AsyncGenerator<KeyValue, void, undefined> {
  const gte = windowLocalKey(id, from, key);
  const after = Buffer.concat([key, Buffer.alloc(1)]);
  for (let start = to; start >= from;) {
    const found = await first(engine, gte, windowLocalKey(id, start, after), true);
    if (found === undefined) return;
    const at = readWindowLocalKey(found[0]);
    const isSought = at.start === start && at.key.equals(key);
    if (isSought) yield found;
    start = at.start === start ? start - 1 : at.start;
  }
}

async function first(
  engine: StateEngine,
  gte: Uint8Array,
  lt: Uint8Array,
  reverse = false,
): Promise<KeyValue | undefined> {
  for await (const [found] of engine.scan({ gte, lt, reverse, limit: 1 })) return found;
  return undefined;
}
