/** What every StateEngines adapter must do, as Jest tests. An adapter calls the suite from a test of its own. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { KeyRange, StateEngine, StateEngines } from '@millrace/ports';

export interface StateEngineSuite {
  readonly name: string;
  /** Fresh engines for each test. */
  open(): Promise<StateEngines>;
  /** Has `scanSync`. @default false */
  readonly scansAtOnce?: boolean;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

async function rows(engine: StateEngine, range: KeyRange): Promise<string[]> {
  const seen: string[] = [];
  for await (const chunk of engine.scan(range))
    for (const [key, value] of chunk) seen.push(`${key.toString('latin1')}=${value.toString('latin1')}`);
  return seen;
}

function put(engine: StateEngine, pairs: Readonly<Record<string, string | null>>): Promise<void> {
  const values = Object.values(pairs).map((value) => (value === null ? null : bytes(value)));
  return engine.write({ deleteRanges: [], keys: Object.keys(pairs).map(bytes), values });
}

async function scansTheSame(engine: StateEngine): Promise<void> {
  await put(engine, { '\xff': 'z', a: '1', b: '2', '\x00': '0', aa: '3' });
  const ranges: KeyRange[] = [{}, { gte: bytes('a'), lt: bytes('b') }, { lt: bytes('a') }, { reverse: true, limit: 2 }];
  for (const range of ranges) {
    const found = engine
      .scanSync?.(range)
      .map(([key, value]) => `${key.toString('latin1')}=${value.toString('latin1')}`);
    expect(found).toEqual(await rows(engine, range));
  }
  await put(engine, { b: null, c: '3' });
  expect(engine.scanSync?.({ gte: bytes('b') }).map(([key]) => key)).toEqual([bytes('c'), bytes('\xff')]);
}

export function stateEngineSuite({ name, open, scansAtOnce = false }: StateEngineSuite): void {
  describe(`${name} as a state engine`, () => {
    let engines: StateEngines;
    let engine: StateEngine;

    beforeEach(async () => {
      engines = await open();
      engine = await engines.open('0_0');
    });
    afterEach(async () => {
      await engine.close();
      await engines.close();
    });

    test('gives back what was written, undefined for the rest', async () => {
      await put(engine, { a: '1', b: '' });
      expect(await engine.getMany([bytes('b'), bytes('x'), bytes('a')])).toEqual([bytes(''), undefined, bytes('1')]);
      expect(engine.getSync(bytes('a'))).toEqual(bytes('1'));
      expect(engine.getSync(bytes('x'))).toBeUndefined();
    });

    test('null deletes, the last entry of a write wins', async () => {
      await put(engine, { a: '1' });
      await engine.write({
        deleteRanges: [],
        keys: [bytes('a'), bytes('b'), bytes('b')],
        values: [null, bytes('1'), bytes('2')],
      });
      expect(await rows(engine, {})).toEqual(['b=2']);
    });

    test('scans in byte order, within bounds, backwards and limited', async () => {
      await put(engine, { '\xff': 'z', a: '1', b: '2', '\x00': '0', aa: '3' });
      expect(await rows(engine, {})).toEqual(['\x00=0', 'a=1', 'aa=3', 'b=2', '\xff=z']);
      expect(await rows(engine, { gte: bytes('a'), lt: bytes('b') })).toEqual(['a=1', 'aa=3']);
      expect(await rows(engine, { reverse: true, limit: 2 })).toEqual(['\xff=z', 'b=2']);
    });

    if (scansAtOnce) test('scans at once what it scans in time', () => scansTheSame(engine));

    test('a scan sees the moment at which it began', async () => {
      await put(engine, { a: '1', b: '2' });
      const scan = engine.scan({})[Symbol.asyncIterator]();
      const first = await scan.next();
      await put(engine, { b: null, c: '3' });
      expect(first.done).toBe(false);
      expect((first.value as readonly unknown[]).length).toBe(2);
      await scan.return?.();
    });

    test('range deletes come before the puts of the same write', async () => {
      await put(engine, { a1: 'x', a2: 'x', b: 'x' });
      await engine.write({
        deleteRanges: [{ gte: bytes('a'), lt: bytes('b') }],
        keys: [bytes('a2')],
        values: [bytes('new')],
      });
      expect(await rows(engine, {})).toEqual(['a2=new', 'b=x']);
    });

    test('data survives close and open; destroy removes it', async () => {
      await put(engine, { a: '1' });
      await engine.close();
      engine = await engines.open('0_0');
      expect(await rows(engine, {})).toEqual(['a=1']);
      expect(await engines.list()).toEqual(['0_0']);
      await engine.close();
      await engines.destroy('0_0');
      engine = await engines.open('0_0');
      expect(await rows(engine, {})).toEqual([]);
    });

    test('meta is kept beside the engines', async () => {
      expect(await engines.readMeta('process')).toBeUndefined();
      await engines.writeMeta('process', bytes('one'));
      await engines.writeMeta('process', bytes('two'));
      expect(await engines.readMeta('process')).toEqual(bytes('two'));
      expect(await engines.freeBytes()).toBeGreaterThan(0);
    });
  });
}
