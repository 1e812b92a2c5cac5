import { describe, expect, test } from '@jest/globals';
import { readBatchHeader } from '@millrace/protocol';
import { nextSequence, PartitionQueue, type OutgoingBatch } from './partition-queue.ts';

const span = 2 ** 31;

function add(queue: PartitionQueue, records = 1): void {
  queue.open('none', 0);
  for (let i = 0; i < records; i++) queue.append(null, Buffer.from('v'), 1, undefined);
  queue.seal();
}

/** One that has an acknowledged batch. */
function knownQueue(): PartitionQueue {
  const queue = new PartitionQueue('t', 0, 1_000);
  add(queue);
  queue.acknowledge(queue.send(), 0);
  return queue;
}

function sendAll(queue: PartitionQueue): OutgoingBatch[] {
  const sent: OutgoingBatch[] = [];
  while (queue.maySend()) sent.push(queue.send());
  return sent;
}

describe('sequences', () => {
  test.each([
    [0, 1, 1],
    [span - 1, 1, 0],
    [span - 3, 2, span - 1],
    [span - 3, 3, 0],
    [span - 3, 5, 2],
  ])('K4: after %d and %d records comes %d', (sequence, count, next) => {
    expect(nextSequence(sequence, count)).toBe(next);
  });

  test('K4: batches across the edge go on where the broker expects them, in bytes too', () => {
    const queue = knownQueue();
    queue.restartSequence(span - 3);
    for (let i = 0; i < 3; i++) add(queue, 2);
    const sent = sendAll(queue);
    expect(sent.map(({ sequence }) => sequence)).toEqual([span - 3, span - 1, 1]);
    const last = sent[1]?.builder.build({ producerId: 1, producerEpoch: 0, baseSequence: sent[1].sequence });
    expect(readBatchHeader(last as Buffer, 0)?.baseSequence).toBe(span - 1);
    for (const batch of sent) {
      expect(queue.isExpected(batch)).toBe(true);
      queue.acknowledge(batch, 0);
    }
  });

  test('a new epoch starts at 0', () => {
    const queue = new PartitionQueue('t', 0, 1_000);
    add(queue, 4);
    queue.acknowledge(queue.send(), 10);
    expect(queue.endOffset).toBe(14);
    queue.restartSequence();
    add(queue);
    expect(queue.send().sequence).toBe(0);
  });
});

describe('the order of batches', () => {
  test('five are in flight at most', () => {
    const queue = knownQueue();
    for (let i = 0; i < 7; i++) add(queue);
    const sent = sendAll(queue);
    expect(sent).toHaveLength(5);
    queue.acknowledge(sent[0] as OutgoingBatch, 0);
    expect(sendAll(queue)).toHaveLength(1);
  });

  test('the first batch goes alone until it is acknowledged, however often it is refused: the log would take the second', () => {
    const queue = new PartitionQueue('t', 0, 1_000);
    for (let i = 0; i < 3; i++) add(queue);
    const [first, ...others] = sendAll(queue);
    expect(others).toEqual([]);
    queue.requeue(first as OutgoingBatch);
    expect(sendAll(queue)).toEqual([first]);
    queue.acknowledge(first as OutgoingBatch, 0);
    expect(sendAll(queue)).toHaveLength(2);
  });

  test('a new epoch of a known producer sends as many as before; a new producer id begins with one', () => {
    const queue = knownQueue();
    queue.restartSequence();
    for (let i = 0; i < 4; i++) add(queue);
    const sent = sendAll(queue);
    expect(sent).toHaveLength(4);
    for (const batch of sent) queue.acknowledge(batch, 0);
    queue.becomeUnknown();
    for (let i = 0; i < 4; i++) add(queue);
    expect(sendAll(queue)).toHaveLength(1);
  });

  test('retries keep their sequence and go one after the other, before anything new', () => {
    const queue = knownQueue();
    queue.restartSequence();
    for (let i = 0; i < 4; i++) add(queue);
    const [a, b, c] = [queue.send(), queue.send(), queue.send()];
    queue.requeue(c);
    queue.requeue(a);
    // b is in flight still and younger than a: a may go, c waits for both.
    expect(sendAll(queue)).toEqual([a]);
    expect(a.sequence).toBe(0);
    queue.requeue(b);
    expect(queue.maySend()).toBe(false);
    queue.acknowledge(a, 0);
    expect(sendAll(queue)).toEqual([b]);
    queue.acknowledge(b, 1);
    // The first retry that nothing precedes, then what is new.
    expect(sendAll(queue).map(({ sequence }) => sequence)).toEqual([2, 3]);
  });

  test('what was sent and not answered is uncertain; what was never sent is not', () => {
    const queue = new PartitionQueue('t', 0, 1_000);
    add(queue);
    expect(queue.isUncertain).toBe(false);
    const batch = queue.send();
    expect(queue.isUncertain).toBe(true);
    queue.requeue(batch);
    expect(queue.isUncertain).toBe(true);
    queue.clear();
    expect(queue.isUncertain).toBe(false);
  });
});
