/** Bytes that are not what they should be; what they should be is checked against recorded ones. */
import { expect, test } from '@jest/globals';
import {
  decodeAssignmentInfo,
  decodeSubscriptionInfo,
  encodeAssignmentInfo,
  encodeSubscriptionInfo,
} from '../index.ts';

const subscription = encodeSubscriptionInfo({
  version: 11,
  latestSupported: 11,
  processId: '00000000-0000-0001-0000-000000000002',
  endpoint: 'host:8080',
  taskOffsetSums: { '0_1': -2, '1_3': 5 },
  uniqueField: 3,
  errorCode: 0,
  clientTags: { rack: 'r1' },
});
const assignment = encodeAssignmentInfo({
  version: 11,
  commonlySupported: 11,
  active: ['0_0'],
  standby: [],
  activeHosts: [{ host: 'h', port: 1, partitions: [{ topic: 't', partition: 0 }] }],
  standbyHosts: [],
  errorCode: 0,
  nextRebalanceMs: undefined,
});

test('user data that ends too early is refused at every length', () => {
  for (let length = 0; length < subscription.length; length++)
    expect(() => decodeSubscriptionInfo(subscription.subarray(0, length))).toThrow(
      expect.objectContaining({ code: 'MR_PROTOCOL_MALFORMED' }),
    );
  for (let length = 4; length < assignment.length; length++)
    expect(() => decodeAssignmentInfo(assignment.subarray(0, length))).toThrow(
      expect.objectContaining({ code: 'MR_PROTOCOL_MALFORMED' }),
    );
});

test('of a later version only the version numbers are known', () => {
  const later = Buffer.from('0000000c0000000dffff', 'hex');
  expect(decodeSubscriptionInfo(later)).toMatchObject({ version: 12, latestSupported: 13, taskOffsetSums: {} });
  expect(() => decodeAssignmentInfo(later)).toThrow(
    expect.objectContaining({ code: 'MR_PROTOCOL_VERSION_UNSUPPORTED' }),
  );
});

test('what a Millrace member says is no user data of the JVM library', () => {
  expect(() => decodeSubscriptionInfo(Buffer.from('{"version":1}'))).toThrow(
    expect.objectContaining({ code: 'MR_PROTOCOL_MALFORMED' }),
  );
});
