import { expect, test } from '@jest/globals';
import { Serdes } from '@millrace/serde';
import { JoinBuffer } from './join-buffer.ts';
import { recordContext } from './record-context.ts';

type Logged = readonly [key: Buffer, value: Buffer | null];

function open(graceMs: number) {
  const log: Logged[] = [];
  const context = recordContext();
  const buffer = new JoinBuffer({
    keySerde: Serdes.string() as never,
    valueSerde: Serdes.string() as never,
    topic: 'join',
    graceMs,
    changelog: {
      append: (key, value) => void log.push([Buffer.from(key), value === null ? null : Buffer.from(value)]),
    },
    context,
  });
  const released = (): string[] => {
    const taken: string[] = [];
    buffer.release((key, value, timestamp) => taken.push(`${String(key)}${String(value)}@${timestamp}`));
    return taken;
  };
  return { buffer, log, context, released };
}

test('records leave in the order of time, then of key, when their time has passed by the grace', () => {
  const { buffer, released } = open(10);
  buffer.put('b', '1', 5);
  buffer.put('a', '2', 5);
  buffer.put('a', '3', 4);
  expect(released()).toEqual([]);
  buffer.put('c', '4', 14);
  expect(released()).toEqual(['a3@4']);
  buffer.put('c', '5', 15);
  expect(released()).toEqual(['a2@5', 'b1@5']);
  expect(buffer.put('a', 'late', 4)).toBe(false);
  expect([buffer.put('a', 'just', 5), released(), buffer.count]).toEqual([true, ['ajust@5'], 2]);
});

test('a record leaves with the headers and the place it came with, and the record at hand keeps its own', () => {
  const { buffer, context } = open(0);
  context.headers = [{ key: 'h', value: Buffer.from('1') }];
  context.origin = { topic: 'in', partition: 0, offset: 1 };
  buffer.put('a', 'x', 1);
  context.headers = undefined;
  context.origin = { topic: 'in', partition: 0, offset: 2 };
  const seen: unknown[] = [];
  buffer.release(() => seen.push([context.headers?.[0]?.key, context.origin?.offset]));
  expect([...seen, context.headers, context.origin.offset]).toEqual([['h', 1], undefined, 2]);
});

test('what a failing step did not take waits on', () => {
  const { buffer, released } = open(0);
  buffer.put('a', 'x', 1);
  const fail = (): never => {
    throw new Error('no');
  };
  expect(() => buffer.release(fail)).toThrow('no');
  expect(released()).toEqual(['ax@1']);
});

test('the changelog brings everything back, and new records take no key of one that waits', () => {
  const before = open(10);
  for (let i = 0; i < 3; i++) before.buffer.put('a', String(i), 7);
  before.buffer.put('b', 'on', 30);
  before.buffer.put('b', 'x', 25);
  before.released();
  const after = open(10);
  const origin = { topic: 'join', partition: 0, offset: 0 };
  for (const [key, value] of before.log)
    after.buffer.restore(key, value === null ? null : { value, headers: undefined, timestamp: -1, origin });
  expect(after.buffer.count).toBe(2);
  expect(after.buffer.put('a', 'late', 19)).toBe(false);
  after.buffer.put('b', 'y', 25);
  after.buffer.put('c', '', 50);
  expect(after.released()).toEqual(['bx@25', 'by@25', 'bon@30']);
});

test('a long line is forgotten in pieces', () => {
  const { buffer, released } = open(5_000);
  for (let at = 0; at < 12_000; at++) {
    buffer.put('k', '', at);
    expect(released()).toHaveLength(at < 5_000 ? 0 : 1);
  }
  expect(buffer.count).toBe(5_000);
});
