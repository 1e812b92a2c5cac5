import { expect, test } from '@jest/globals';
import { apis, decodeResponse, encodeResponse } from '@millrace/protocol';
import { MetadataCache } from './metadata-cache.ts';

const id = 'AAAAAAAAAAAAAAAAAAAAAQ';

function told(leaderId: number, leaderEpoch: number, more: { topicId?: string; errorCode?: number } = {}) {
  const { topicId = id, errorCode = 0 } = more;
  const partitions = errorCode === 0 ? [{ partitionIndex: 0, leaderId, leaderEpoch }] : [];
  const body = {
    brokers: [{ nodeId: 1, host: 'b', port: 1 }],
    topics: [{ name: 't', topicId, errorCode, partitions }],
  };
  return decodeResponse(apis.Metadata, 12, encodeResponse(apis.Metadata, 12, 1, body).subarray(4)).body;
}

test('B11: an answer of a broker that lags does not bring an old leader back', () => {
  const cache = new MetadataCache();
  cache.apply(told(2, 5), 0, 1);
  cache.apply(told(1, 4), 1, 1);
  expect(cache.partition('t', 0)).toEqual({ partition: 0, leader: 2, leaderEpoch: 5 });
  cache.apply(told(3, 6), 2, 1);
  expect(cache.partition('t', 0)).toMatchObject({ leader: 3 });
});

test('a topic that was made anew starts over, one that is gone is forgotten', () => {
  const cache = new MetadataCache();
  cache.apply(told(2, 5), 0, 1);
  cache.apply(told(1, 0, { topicId: 'AAAAAAAAAAAAAAAAAAAAAg' }), 1, 1);
  expect(cache.partition('t', 0)).toMatchObject({ leader: 1, leaderEpoch: 0 });
  cache.apply(told(0, 0, { errorCode: 3 }), 2, 1);
  expect(cache.topic('t', 3)).toBeUndefined();
});

test('what is known ages, and a topic without rights is told', () => {
  const cache = new MetadataCache();
  cache.apply(told(2, 5), 100, 1);
  expect(cache.topic('t', 150, 60)).toBeDefined();
  expect(cache.topic('t', 200, 60)).toBeUndefined();
  expect(() => cache.apply(told(0, 0, { errorCode: 29 }), 2, 1)).toThrow(
    expect.objectContaining({ code: 'MR_CLIENT_NOT_AUTHORIZED' }),
  );
});
