/** Membership of classic groups. */
import { defineApi } from '../api.ts';
import { array, boolean, bytes, int16, int32, string } from '../wire/field.ts';

/** JoinGroup, API key 11. */
export const joinGroup = defineApi({
  key: 11,
  name: 'JoinGroup',
  versions: '0-9',
  flexible: '6+',
  request: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32('1+', { default: -1, ignorable: true }),
    memberId: string(),
    groupInstanceId: string('5+', { nullable: '5+' }),
    protocolType: string(),
    protocols: array({
      name: string(),
      metadata: bytes(),
    }),
    reason: string('8+', { nullable: '8+', ignorable: true }),
  },
  response: {
    throttleTimeMs: int32('2+', { ignorable: true }),
    errorCode: int16(),
    generationId: int32('0+', { default: -1 }),
    protocolType: string('7+', { nullable: '7+', ignorable: true }),
    protocolName: string('0+', { nullable: '7+' }),
    leader: string(),
    skipAssignment: boolean('9+', { ignorable: true }),
    memberId: string(),
    members: array({
      memberId: string(),
      groupInstanceId: string('5+', { nullable: '5+', ignorable: true }),
      metadata: bytes(),
    }),
  },
});

/** SyncGroup, API key 14. */
export const syncGroup = defineApi({
  key: 14,
  name: 'SyncGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string('3+', { nullable: '3+' }),
    protocolType: string('5+', { nullable: '5+', ignorable: true }),
    protocolName: string('5+', { nullable: '5+', ignorable: true }),
    assignments: array({
      memberId: string(),
      assignment: bytes(),
    }),
  },
  response: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
    protocolType: string('5+', { nullable: '5+', ignorable: true }),
    protocolName: string('5+', { nullable: '5+', ignorable: true }),
    assignment: bytes(),
  },
});

/** Heartbeat, API key 12. */
export const heartbeat = defineApi({
  key: 12,
  name: 'Heartbeat',
  versions: '0-4',
  flexible: '4+',
  request: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: string('3+', { nullable: '3+' }),
  },
  response: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
  },
});

/** LeaveGroup, API key 13. */
export const leaveGroup = defineApi({
  key: 13,
  name: 'LeaveGroup',
  versions: '0-5',
  flexible: '4+',
  request: {
    groupId: string(),
    memberId: string('0-2'),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string('0+', { nullable: '3+' }),
        reason: string('5+', { nullable: '5+', ignorable: true }),
      },
      '3+',
    ),
  },
  response: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16(),
    members: array(
      {
        memberId: string(),
        groupInstanceId: string('0+', { nullable: '3+' }),
        errorCode: int16(),
      },
      '3+',
      { ignorable: true },
    ),
  },
});
