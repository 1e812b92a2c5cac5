/** The bytes of kafka-clients 4.3.1: `MessageUtil.toByteBufferAccessor(message, version)`. */
import { expect, test } from '@jest/globals';
import { decodeRequest, decodeRequestHeader, decodeResponse, encodeRequest, encodeResponse } from '../frame.ts';
import { apis } from './apis.ts';

const marker = {
  producerId: 4711,
  producerEpoch: 5,
  transactionResult: true,
  coordinatorEpoch: 3,
  topics: [{ name: 't', partitionIndexes: [0, 2] }],
};
const result = { producerId: 4711, topics: [{ name: 't', partitions: [{ partitionIndex: 2, errorCode: 31 }] }] };
const answerBytes = '0200000000000012670202740200000002001f00000000';

test.each([
  [1, '02000000000000126700050102027403000000000000000200000000030000', marker],
  [2, '0200000000000012670005010202740300000000000000020000000003020000', { ...marker, transactionVersion: 2 }],
])('WriteTxnMarkers v%i', (version, bytes, sent) => {
  const request = encodeRequest(
    apis.WriteTxnMarkers,
    version,
    { correlationId: 1, clientId: 'c' },
    { markers: [sent] },
  );
  expect(request.toString('hex').endsWith(bytes)).toBe(true);
  const frame = request.subarray(4);
  const { bodyOffset } = decodeRequestHeader(frame);
  expect(decodeRequest(apis.WriteTxnMarkers, version, frame, bodyOffset).markers).toMatchObject([sent]);
  const answer = encodeResponse(apis.WriteTxnMarkers, version, 1, { markers: [result] });
  expect(answer.toString('hex').endsWith(answerBytes)).toBe(true);
  expect(decodeResponse(apis.WriteTxnMarkers, version, answer.subarray(4)).body.markers).toEqual([result]);
});
