import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EventQueue } from './event-queue.ts';

test('EventQueue gives events by time, then by order, whatever the order of pushes', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
      const queue = new EventQueue();
      const events = times.map((time, order) => ({ time, order }));
      for (const event of events) queue.push(event);
      const expected = events.toSorted((a, b) => a.time - b.time || a.order - b.order);
      expect(queue.size).toBe(events.length);
      expect(events.map(() => queue.pop())).toEqual(expected);
      expect(queue.pop()).toBeUndefined();
    }),
  );
});
