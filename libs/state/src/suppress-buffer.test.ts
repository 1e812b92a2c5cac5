import type { Header } from '@millrace/ports';
import { Serdes } from '@millrace/serde';
import { recordContext, SuppressBuffer } from './index.ts';

interface Logged {
  readonly key: string;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
}

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
  for (const { key, value } of log) again.restore(Buffer.from(key), value);
  expect([again.count, again.bytes, again.firstTime]).toEqual([buffer.count, buffer.bytes, buffer.firstTime]);
  expect(again.priorOf('k3')).toEqual({ value: 'before' });
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
