import { expect, test } from '@jest/globals';
import type { StateEngine } from '@millrace/ports';
import { freshMemoryEngine } from '@millrace/store-memory';
import { keyValueLocalKey } from './local-keys.ts';
import { residentEngine } from './resident-engine.ts';

const row = (store: number, key: string): Buffer => keyValueLocalKey(store, Buffer.from(key));
const put = (engine: StateEngine, keys: Buffer[], values: (Buffer | null)[]): Promise<void> =>
  engine.write({ deleteRanges: [], keys, values });

test('rows of its stores are walked at once, also those that were on the disk before and those just written', async () => {
  const disk = freshMemoryEngine();
  await put(disk, [row(1, 'b'), row(2, 'x')], [Buffer.from('1'), Buffer.from('2')]);
  const engine = await residentEngine(disk, freshMemoryEngine(), [1]);
  void put(engine, [row(1, 'a'), row(1, 'b')], [Buffer.from('3'), null]);
  expect(engine.scanSync?.({ gte: row(1, ''), lt: row(2, '') }).map(([key]) => key)).toEqual([row(1, 'a')]);
  expect(engine.getSync(row(2, 'x'))?.toString()).toBe('2');
  expect(disk.getSync(row(1, 'b'))).toBeUndefined();
});
