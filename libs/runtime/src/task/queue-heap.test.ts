import { expect, test } from '@jest/globals';
import { QueueHeap } from './queue-heap.ts';

interface Named {
  readonly name: string;
  readonly headTimestamp: () => number;
}

const queue = (name: string, time: number): Named => ({ name, headTimestamp: () => time });

function drained(heap: QueueHeap<Named>): string {
  let names = '';
  for (let first = heap.poll(); first !== undefined; first = heap.poll()) names += first.name;
  return names;
}

test('the oldest head comes first', () => {
  const heap = new QueueHeap<Named>();
  const times = Array.from({ length: 26 }, (_, i) => (i * 7) % 26);
  for (const time of times) heap.offer(queue(String.fromCharCode(97 + time), time));
  expect(heap.first?.name).toBe('a');
  expect(drained(heap)).toBe('abcdefghijklmnopqrstuvwxyz');
});

test('equal heads come in the order of Java: the last one in is moved to the top', () => {
  const heap = new QueueHeap<Named>();
  for (const name of 'abcd') heap.offer(queue(name, 5));
  expect(drained(heap)).toBe('adcb');
});
