import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import { MillraceError } from '@millrace/base';
import { decodeRequest, decodeRequestHeader, decodeResponse, encodeRequest, encodeResponse } from './frame.ts';
import { apis } from './messages/apis.ts';

const identity = { correlationId: 7, clientId: 'millrace' };

function roundTrip(version: number, body: Parameters<typeof encodeRequest<ProduceRequest>>[3]) {
  const frame = encodeRequest(apis.Produce, version, identity, body).subarray(4);
  return decodeRequest(apis.Produce, version, frame, decodeRequestHeader(frame).bodyOffset);
}

type ProduceRequest = ReturnType<typeof apis.Produce.request.read>;

test('fields left out are sent as their defaults', () => {
  const frame = encodeRequest(apis.Fetch, 18, identity, { topics: [{ partitions: [{ partition: 3 }] }] }).subarray(4);
  const { topics, maxBytes } = decodeRequest(apis.Fetch, 18, frame, decodeRequestHeader(frame).bodyOffset);
  expect(maxBytes).toBe(2 ** 31 - 1);
  expect(topics[0]?.partitions[0]).toMatchObject({ partition: 3, currentLeaderEpoch: -1, logStartOffset: -1 });
});

test('record chunks are joined on the wire', () => {
  const records = [Buffer.from('ab'), Buffer.from('cd')];
  const body = roundTrip(9, { topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] });
  expect(body.topicData[0]?.partitionData[0]?.records?.toString()).toBe('abcd');
});

test('a value that the version cannot carry is refused', () => {
  const send = () => encodeRequest(apis.TxnOffsetCommit, 2, identity, { memberId: 'm', generationId: 4 });
  expect(send).toThrow(expect.objectContaining({ code: 'MR_PROTOCOL_FIELD_NOT_IN_VERSION' }));
});

test('a version outside the range of an API is refused', () => {
  const send = () => encodeRequest(apis.Produce, 2, identity, {});
  expect(send).toThrow(expect.objectContaining({ code: 'MR_PROTOCOL_VERSION_UNSUPPORTED' }));
});

test('damaged responses raise coded errors only', () => {
  const partitions = [{ partitionIndex: 1, records: Buffer.from('records'), abortedTransactions: null }];
  const frame = encodeResponse(apis.Fetch, 16, 1, { responses: [{ partitions }], nodeEndpoints: [{ host: 'h' }] });
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(damage, fc.nat(), (flips, cut) => {
      const bytes = Buffer.from(frame.subarray(4));
      for (const [at, byte] of flips) bytes[at % bytes.length] = byte;
      for (const input of [bytes, bytes.subarray(0, cut % bytes.length)]) {
        try {
          decodeResponse(apis.Fetch, 16, input);
        } catch (error) {
          expect(MillraceError.is(error) ? error.code : error).toBe('MR_PROTOCOL_MALFORMED');
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test('a count that the input cannot hold is refused before anything is allocated', () => {
  const frame = Buffer.alloc(16);
  frame.writeInt32BE(0x7fff_fff0, 8);
  expect(() => decodeResponse(apis.Fetch, 4, frame)).toThrow(
    expect.objectContaining({ code: 'MR_PROTOCOL_MALFORMED' }),
  );
});
