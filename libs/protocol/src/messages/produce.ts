/** Sending record batches. */
import { defineApi } from '../api.ts';
import { array, int16, int32, int64, records, string, struct, uuid } from '../wire/field.ts';

/** Produce, API key 0. */
export const produce = defineApi({
  key: 0,
  name: 'Produce',
  versions: '3-13',
  flexible: '9+',
  request: {
    transactionalId: string('0+', { nullable: '0+' }),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array({
      name: string('3-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitionData: array({
        index: int32(),
        records: records('0+', { nullable: '0+' }),
      }),
    }),
  },
  response: {
    responses: array({
      name: string('3-12', { ignorable: true }),
      topicId: uuid('13+', { ignorable: true }),
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64('0+', { default: -1 }),
        logStartOffset: int64('5+', { default: -1, ignorable: true }),
        recordErrors: array(
          {
            batchIndex: int32(),
            batchIndexErrorMessage: string('0+', { nullable: '8+' }),
          },
          '8+',
          { ignorable: true },
        ),
        errorMessage: string('8+', { nullable: '8+', ignorable: true }),
        currentLeader: struct(
          {
            leaderId: int32('0+', { default: -1 }),
            leaderEpoch: int32('0+', { default: -1 }),
          },
          '10+',
          { tag: 0, ignorable: true },
        ),
      }),
    }),
    throttleTimeMs: int32(),
    nodeEndpoints: array(
      {
        nodeId: int32(),
        host: string(),
        port: int32(),
        rack: string('0+', { nullable: '10+' }),
      },
      '10+',
      { tag: 0, ignorable: true },
    ),
  },
});
