/** Which broker coordinates a group or a transactional id. */
import { defineApi } from '../api.ts';
import { array, int16, int32, int8, string } from '../wire/field.ts';

/** FindCoordinator, API key 10. */
export const findCoordinator = defineApi({
  key: 10,
  name: 'FindCoordinator',
  versions: '0-6',
  flexible: '3+',
  request: {
    key: string('0-3'),
    keyType: int8('1+'),
    coordinatorKeys: array(string(), '4+'),
  },
  response: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0-3', { ignorable: true }),
    errorMessage: string('1-3', { nullable: '1+', ignorable: true }),
    nodeId: int32('0-3', { ignorable: true }),
    host: string('0-3', { ignorable: true }),
    port: int32('0-3', { ignorable: true }),
    coordinators: array(
      {
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: string('0+', { nullable: '4+' }),
      },
      '4+',
    ),
  },
});
