import type { Header } from '@millrace/ports';
import { Serdes } from '@millrace/serde';
import { recordContext, SuppressBuffer } from './index.ts';

interface Logged {
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
}

const circumstances = { headers: undefined, timestamp: 77, origin: { topic: 'changelog', partition: 1, offset: 9 } };

function bufferWithLog(): { readonly buffer: SuppressBuffer; readonly log: Logged[] } {
  const log: Logged[] = [];
  const context = recordContext();
  context.origin = { topic: 'T', partition: 1, offset: 0 };
  context.headers = [{ key: 'h', value: Buffer.from('1') }];
  const buffer = new SuppressBuffer({
    keySerde: Serdes.string() as never,
    valueSerde: Serdes.string() as never,
    topic: 'changelog',
    changelog: {
      append: (key, value, _timestamp, headers) =>
        void log.push({ key: Buffer.from(key).toString(), value: value === null ? null : Buffer.from(value), headers }),
    },
    context,
  });
  return { buffer, log };
}

function released(buffer: SuppressBuffer, until = Infinity): unknown[] {
  const out: unknown[] = [];
  buffer.release(
    () => buffer.firstTime <= until,
    (...change) => void out.push(change),
  );
  return out;
}

test('what waits comes out by the time of its first change, then by the bytes of its key', () => {
  const { buffer } = bufferWithLog();
  buffer.put(5, 'b', '1', null, 5);
  buffer.put(5, 'a', '1', null, 5);
  buffer.put(3, 'c', '1', null, 3);
  buffer.put(9, 'b', '2', '1', 9);
  expect(released(buffer, 4)).toEqual([['c', '1', null, 3]]);
  expect(released(buffer)).toEqual([
    ['a', '1', null, 5],
    ['b', '2', '1', 9],
  ]);
  expect([buffer.count, buffer.bytes, buffer.firstTime]).toEqual([0, 0, Infinity]);
});

test('the changelog has the bytes of the JVM library', () => {
  const { buffer, log } = bufferWithLog();
  buffer.put(1, 'a', '1', null, 1);
  buffer.flush();
  const hex =
    '00000000000000010000000000000000000000015400000001000000010000000168000000013' +
    '1ffffffffffffffff00000001310000000000000001';
  expect(log.map(({ key, value }) => [key, value?.toString('hex')])).toEqual([['a', hex]]);
  expect(log[0]?.headers).toEqual([{ key: 'v', value: Buffer.of(3) }]);
});

test('a buffer that is restored from its changelog is what it was', () => {
  const { buffer, log } = bufferWithLog();
  for (let i = 0; i < 50; i++) buffer.put(i % 7, `k${i % 20}`, `v${i}`, i < 20 ? 'before' : `v${i - 20}`, i);
  buffer.flush();
  released(buffer, 1);
  buffer.put(4, 'k3', null, 'v43', 60);
  buffer.flush();
  const again = bufferWithLog().buffer;
  for (const { key, value, headers } of log)
    again.restore(Buffer.from(key), value === null ? null : { ...circumstances, headers, value });
  expect([again.count, again.bytes, again.firstTime]).toEqual([buffer.count, buffer.bytes, buffer.firstTime]);
  expect(again.priorOf('k3')).toEqual({ value: 'before' });
  expect(released(again)).toEqual(released(buffer));
});

test('a key that went out and came back between two commits is restored in its new place', () => {
  const { buffer, log } = bufferWithLog();
  buffer.put(1, 'a', '1', null, 1);
  buffer.flush();
  expect(released(buffer, 1)).toHaveLength(1);
  buffer.put(9, 'a', '2', '1', 9);
  buffer.put(5, 'b', '1', null, 5);
  buffer.flush();
  const again = bufferWithLog().buffer;
  for (const { key, value, headers } of log)
    again.restore(Buffer.from(key), value === null ? null : { ...circumstances, headers, value });
  expect(again.firstTime).toBe(5);
  expect(released(again)).toEqual(released(buffer));
});

test('nothing is logged twice, and what has gone is a deletion', () => {
  const { buffer, log } = bufferWithLog();
  buffer.put(1, 'a', '1', null, 1);
  buffer.flush();
  buffer.flush();
  released(buffer);
  buffer.flush();
  expect(log.map(({ key, value }) => [key, value === null])).toEqual([
    ['a', false],
    ['a', true],
  ]);
});

const text = (value: string | null): string => {
  if (value === null) return 'ffffffff';
  const bytes = Buffer.from(value);
  return bytes.length.toString(16).padStart(8, '0') + bytes.toString('hex');
};
const long = (value: number): string => value.toString(16).padStart(16, '0');
const int = (value: number): string => value.toString(16).padStart(8, '0');
/** Context of a record at time 40, offset 7 of partition 2 of topic `in`, with header h=1. */
const context = `${long(40)}${long(7)}${text('in')}${int(2)}${int(1)}${text('h')}${text('1')}`;
const nested = (hex: string): string => `${int(hex.length / 2)}${hex}`;

const old = {
  0: [undefined, `${long(5)}${text('old')}${text('new')}`],
  1: [1, `${long(5)}${context}${nested(text('old') + text('new'))}`],
  2: [2, `${context}${nested(text('old') + text('new'))}${text('prior')}${long(5)}`],
  'that 2.4.0 calls 2, and is 3': [2, `${context}${text('prior')}${text('old')}${text('new')}${long(5)}`],
  3: [3, `${context}${text('prior')}${text('old')}${text('new')}${long(5)}`],
} as const;

test.each(Object.entries(old))('a changelog of version %s is read', (name, [version, hex]) => {
  const { buffer } = bufferWithLog();
  const headers = version === undefined ? undefined : [{ key: 'v', value: Buffer.of(version) }];
  buffer.restore(Buffer.from('k'), { ...circumstances, headers, value: Buffer.from(hex, 'hex') });
  expect([buffer.count, buffer.firstTime]).toEqual([1, 5]);
  expect(buffer.priorOf('k')).toEqual({ value: name === '0' || name === '1' ? 'old' : 'prior' });
  // Version 0 has no context: what is known is the changelog's record.
  expect(released(buffer)).toEqual([['k', 'new', 'old', name === '0' ? 77 : 40]]);
});

test('before version 2 what was downstream is known from the change that waits already', () => {
  const { buffer } = bufferWithLog();
  const values = [`${text('first')}${text('a')}`, `${text('a')}${text('b')}`];
  for (const change of values)
    buffer.restore(Buffer.from('k'), { ...circumstances, value: Buffer.from(`${long(5)}${change}`, 'hex') });
  expect(buffer.priorOf('k')).toEqual({ value: 'first' });
  expect(released(buffer)).toEqual([['k', 'b', 'a', 77]]);
});

test.each([
  ['version 9', 9, old[3][1]],
  ['bytes that end too early', 3, old[3][1].slice(0, -2)],
  ['bytes behind the end', 3, `${old[3][1]}00`],
  ['version 2 that is neither 2 nor 3', 2, old[2][1].slice(0, -4)],
])('%s in a changelog is refused', (_name, version, hex) => {
  const { buffer } = bufferWithLog();
  const headers = [{ key: 'v', value: Buffer.of(version) }];
  const restore = (): void =>
    buffer.restore(Buffer.from('k'), { ...circumstances, headers, value: Buffer.from(hex, 'hex') });
  expect(restore).toThrow(expect.objectContaining({ code: 'MR_SERDE_UNREADABLE' }));
  expect(buffer.count).toBe(0);
});
