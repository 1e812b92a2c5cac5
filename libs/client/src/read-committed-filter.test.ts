import { describe, expect, test } from '@jest/globals';
import { BatchBuilder, assignOffsets, encodeControlBatch } from '@millrace/protocol';
import { decodePart, fetchedPart } from './fetched-records.ts';
import type { AbortedTransaction } from './read-committed-filter.ts';

/** A log written by hand: offsets follow from the order. */
class Log {
  #offset = 0;
  readonly batches: { readonly offset: number; readonly bytes: Buffer }[] = [];

  data(producerId: number, values: readonly string[], key: Buffer | null = null, isTransactional = true): this {
    const builder = new BatchBuilder();
    for (const value of values) builder.append(key, Buffer.from(value), 1);
    const bytes = builder.build({ producerId, producerEpoch: 0, baseSequence: 0, isTransactional });
    return this.#add(bytes, values.length);
  }

  marker(producerId: number, type: 'ABORT' | 'COMMIT'): this {
    return this.#add(encodeControlBatch({ type, producerId, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 1 }), 1);
  }

  #add(bytes: Buffer, count: number): this {
    assignOffsets(bytes, { baseOffset: this.#offset, leaderEpoch: 3 });
    this.batches.push({ offset: this.#offset, bytes });
    this.#offset += count;
    return this;
  }

  /** What a reader of committed data sees of a response that starts at `from` and ends before the batch at `to`. */
  read(from: number, aborted: readonly AbortedTransaction[], to = Infinity): { values: string[]; next: number } {
    const inside = this.batches.filter(
      ({ offset }, i) => offset < to && (this.batches[i + 1]?.offset ?? Infinity) > from,
    );
    const part = fetchedPart(Buffer.concat(inside.map(({ bytes }) => bytes)), from, aborted);
    if (part === undefined) return { values: [], next: from };
    const batches = decodePart('t', 0, part, 'read_committed');
    const values = batches.flatMap((batch) => Array.from({ length: batch.count }, (_, i) => String(batch.value(i))));
    return { values, next: batches.at(-1)?.nextOffset ?? -1 };
  }
}

describe('readers of committed data', () => {
  test.each([
    ['first', ['zero', 'a', 'b']],
    ['in the middle', ['a', 'zero', 'b']],
    ['last', ['a', 'b', 'zero']],
  ])('K1: a key of four zero bytes %s in an aborted transaction is no marker', (_where, order) => {
    const zero = Buffer.alloc(4);
    const log = new Log();
    for (const value of order) log.data(1, [value], value === 'zero' ? zero : null);
    log.marker(1, 'ABORT');
    expect(log.read(0, [{ producerId: 1, firstOffset: 0 }])).toEqual({ values: [], next: 4 });
  });

  test('K1: the same key committed is seen', () => {
    const log = new Log().data(1, ['x', 'y'], Buffer.alloc(4)).marker(1, 'COMMIT').data(1, ['z']).marker(1, 'COMMIT');
    expect(log.read(0, [])).toEqual({ values: ['x', 'y', 'z'], next: 5 });
  });

  test('K2: overlapping aborted transactions stay hidden from every starting offset', () => {
    const log = new Log()
      .data(1, ['a0'])
      .data(2, ['b1'])
      .data(1, ['a2'])
      .data(2, ['b3'])
      .marker(1, 'ABORT')
      .marker(2, 'ABORT');
    const aborted = [
      { producerId: 2, firstOffset: 1 },
      { producerId: 1, firstOffset: 0 },
    ];
    for (let from = 0; from <= 5; from++) expect(log.read(from, aborted)).toEqual({ values: [], next: 6 });
  });

  test('P1: an aborted transaction spread over three responses stays hidden, with its marker in the last', () => {
    const log = new Log();
    for (let i = 0; i < 6; i++) log.data(1, [`x${i}`]);
    log.marker(1, 'ABORT').data(1, ['seen']).marker(1, 'COMMIT');
    const aborted = [{ producerId: 1, firstOffset: 0 }];
    expect(log.read(0, aborted, 2)).toEqual({ values: [], next: 2 });
    expect(log.read(2, aborted, 4)).toEqual({ values: [], next: 4 });
    expect(log.read(4, aborted)).toEqual({ values: ['seen'], next: 9 });
  });

  test('P2: several aborted transactions of one producer in one response', () => {
    const log = new Log()
      .data(1, ['x'])
      .marker(1, 'ABORT')
      .data(1, ['kept'])
      .marker(1, 'COMMIT')
      .data(1, ['y'])
      .marker(1, 'ABORT')
      .data(1, ['z'])
      .marker(1, 'ABORT');
    const aborted = [0, 4, 6].map((firstOffset) => ({ producerId: 1, firstOffset }));
    expect(log.read(0, aborted)).toEqual({ values: ['kept'], next: 8 });
  });

  test('the marker of a commit does not close an aborted transaction of another producer', () => {
    const log = new Log().data(1, ['x']).data(2, ['kept']).marker(2, 'COMMIT').data(1, ['y']).marker(1, 'ABORT');
    expect(log.read(0, [{ producerId: 1, firstOffset: 0 }]).values).toEqual(['kept']);
  });

  test('only the marker of an abort closes, whatever the log says otherwise', () => {
    const log = new Log().data(1, ['x']).marker(1, 'COMMIT').data(1, ['y']).marker(1, 'ABORT').data(1, ['kept']);
    expect(log.read(0, [{ producerId: 1, firstOffset: 0 }]).values).toEqual(['kept']);
  });

  test('records outside transactions are seen whatever their producer did', () => {
    const log = new Log().data(1, ['plain'], null, false).data(1, ['x']).marker(1, 'ABORT');
    expect(log.read(0, [{ producerId: 1, firstOffset: 0 }]).values).toEqual(['plain']);
  });

  test('reading starts in the middle of a batch, and stops at a batch that is cut off', () => {
    const log = new Log().data(1, ['a', 'b', 'c']).marker(1, 'COMMIT').data(1, ['d']);
    expect(log.read(2, [])).toEqual({ values: ['c', 'd'], next: 5 });
    const whole = Buffer.concat(log.batches.map(({ bytes }) => bytes));
    const part = fetchedPart(whole.subarray(0, whole.length - 3), 0, []);
    expect(part?.nextOffset).toBe(4);
    expect(fetchedPart(whole.subarray(0, 40), 0, [])).toBeUndefined();
  });
});
