import { expect, test } from '@jest/globals';
import type { RawMessage, RawPartition } from './cluster.ts';
import { committedMessages } from './read-committed.ts';

const int32Zero = Buffer.from([0, 0, 0, 0]);
const commitKey = Buffer.from([0, 0, 0, 1]);

function message(offset: number, producerId: string, fields: Partial<RawMessage> = {}): RawMessage {
  const batchContext = { producerId, inTransaction: true };
  return {
    offset: String(offset),
    timestamp: '0',
    key: null,
    value: null,
    headers: {},
    isControlRecord: false,
    batchContext,
    ...fields,
  };
}

function seen(messages: RawMessage[], abortedTransactions: RawPartition['abortedTransactions'], from = 0): number[] {
  const partition = {
    partition: 0,
    errorCode: 0,
    highWatermark: '9',
    lastStableOffset: '9',
    abortedTransactions,
    messages,
  };
  return committedMessages(partition, from).map(({ offset }) => Number(offset));
}

test.each([0, 1, 2])('an int32-0 key at place %i of an aborted transaction ends nothing', (place) => {
  const messages = [0, 1, 2].map((offset) => message(offset, 'a', offset === place ? { key: int32Zero } : {}));
  const abort = message(3, 'a', { isControlRecord: true, key: int32Zero });
  expect(seen([...messages, abort, message(4, 'a')], [{ producerId: 'a', firstOffset: '0' }])).toEqual([4]);
});

test.each([0, 1, 2, 3])('two overlapping aborted transactions give nothing, read from %i', (from) => {
  const messages = ['a', 'b', 'a', 'b'].map((producer, offset) => message(offset, producer)).slice(from);
  const aborted = [
    { producerId: 'b', firstOffset: '1' },
    { producerId: 'a', firstOffset: '0' },
  ];
  expect(seen(messages, aborted, from)).toEqual([]);
});

test('a transaction that is committed after an aborted one of the same producer is seen', () => {
  const messages = [
    message(0, 'a'),
    message(1, 'a', { isControlRecord: true, key: int32Zero }),
    message(2, 'a'),
    message(3, 'a', { isControlRecord: true, key: commitKey }),
  ];
  expect(seen(messages, [{ producerId: 'a', firstOffset: '0' }])).toEqual([2]);
});
