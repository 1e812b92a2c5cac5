/**
 * What a stream thread of the JVM library tells the leader of its group: the user data of its subscription (assignor `stream`), versions 1 to 11.
 * Millrace's own members say other things; this is read to tell a living JVM instance from any other member.
 */
import { Buffer } from 'node:buffer';
import { millraceError } from '@millrace/base';
import { messageCodec } from '../api.ts';
import { array, bytes, int32, int64, int8, string, uuid } from '../wire/field.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';

export interface SubscriptionInfo {
  /** Of the message. */
  readonly version: number;
  /** The newest version that the sender knows; -1 before version 3. */
  readonly latestSupported: number;
  /** A UUID: one a process. */
  readonly processId: string;
  /** `application.server`; null when there is none. */
  readonly endpoint: string | null;
  /** Task (`0_1`) -> sum of its changelog offsets; -2: it runs there, -3: unknown. Before version 7 only whether it runs is said. */
  readonly taskOffsetSums: Readonly<Record<string, number>>;
  /** Differs from rebalance to rebalance, so that the broker sees a change. Version 8 and later. */
  readonly uniqueField: number;
  /** Not 0: the thread asks to shut the application down. Version 9 and later. */
  readonly errorCode: number;
  /** `client.tag.*`. Version 11. */
  readonly clientTags: Readonly<Record<string, string>>;
}

const latestVersion = 11;
const running = -2;
const unknownSum = -3;
const optional = { ignorable: true } as const;
const taskIds = array({ topicGroupId: int32(), partition: int32() }, '1-6', optional);

const codec = messageCodec({ name: 'SubscriptionInfo', versions: '1-11' }, 'user data', {
  version: int32(),
  latestSupportedVersion: int32('3+', { default: -1, ignorable: true }),
  processId: uuid(),
  prevTasks: taskIds,
  standbyTasks: taskIds,
  userEndPoint: bytes('2+', optional),
  taskOffsetSums: array(
    {
      topicGroupId: int32(),
      partition: int32('10+', optional),
      offsetSum: int64('10+', optional),
      namedTopology: string('10+', { nullable: '10+', ignorable: true }),
      partitionToOffsetSum: array({ partition: int32(), offsetSum: int64() }, '7-9', optional),
    },
    '7+',
    optional,
  ),
  uniqueField: int8('8+', optional),
  errorCode: int32('9+', optional),
  clientTags: array({ key: bytes(), value: bytes() }, '11+', optional),
});

interface TaskSum {
  readonly topicGroupId: number;
  readonly partition: number;
  readonly offsetSum: number;
}

export function encodeSubscriptionInfo(info: SubscriptionInfo): Buffer {
  const { version, latestSupported, processId, endpoint, taskOffsetSums, clientTags, uniqueField, errorCode } = info;
  const tasks = Object.entries(taskOffsetSums).map(([id, offsetSum]): TaskSum => ({ ...taskOf(id), offsetSum }));
  const idsOf = (isRunning: boolean): readonly Omit<TaskSum, 'offsetSum'>[] =>
    version > 6 ? [] : tasks.filter(({ offsetSum }) => (offsetSum === running) === isRunning);
  const writer = new Writer();
  codec.write(writer, version, {
    version,
    latestSupportedVersion: latestSupported,
    processId: Buffer.from(processId.replaceAll('-', ''), 'hex').toString('base64url'),
    prevTasks: idsOf(true),
    standbyTasks: idsOf(false),
    userEndPoint: Buffer.from(endpoint ?? ''),
    taskOffsetSums: version < 7 ? [] : version < 10 ? byGroup(tasks) : tasks,
    uniqueField,
    errorCode,
    clientTags: Object.entries(clientTags).map(([key, value]) => ({
      key: Buffer.from(key),
      value: Buffer.from(value),
    })),
  });
  return writer.finish();
}

/**
 * Reads what a JVM member has sent. Of a version above 11 only the two versions are known; the rest is empty, as in the JVM library. Throws
 * MR_PROTOCOL_MALFORMED for bytes that are none.
 */
export function decodeSubscriptionInfo(message: Buffer): SubscriptionInfo {
  const reader = new Reader(message, 'SubscriptionInfo');
  const version = reader.int32();
  if (version < 1 || version > 0x7fff)
    throw millraceError('MR_PROTOCOL_MALFORMED', { what: 'SubscriptionInfo', position: 0, why: `version ${version}` });
  if (version > latestVersion) return { ...nothing, version, latestSupported: reader.int32() };
  const data = codec.read(new Reader(message, 'SubscriptionInfo'), version);
  const sums = data.taskOffsetSums.flatMap((sum) =>
    version < 10 ? sum.partitionToOffsetSum.map((one) => ({ ...one, topicGroupId: sum.topicGroupId })) : [sum],
  );
  const ids = [
    ...data.prevTasks.map((task) => ({ ...task, offsetSum: running })),
    ...data.standbyTasks.map((task) => ({ ...task, offsetSum: unknownSum })),
  ];
  const tasks = [...sums, ...ids].map(
    ({ topicGroupId, partition, offsetSum }) => [`${topicGroupId}_${partition}`, offsetSum] as const,
  );
  return {
    version,
    latestSupported: data.latestSupportedVersion,
    processId: uuidText(data.processId),
    endpoint: data.userEndPoint.length === 0 ? null : data.userEndPoint.toString(),
    taskOffsetSums: Object.fromEntries(tasks),
    uniqueField: data.uniqueField,
    errorCode: data.errorCode,
    clientTags: Object.fromEntries(data.clientTags.map(({ key, value }) => [key.toString(), value.toString()])),
  };
}

const nothing: Omit<SubscriptionInfo, 'version' | 'latestSupported'> = {
  processId: '00000000-0000-0000-0000-000000000000',
  endpoint: null,
  taskOffsetSums: {},
  uniqueField: 0,
  errorCode: 0,
  clientTags: {},
};

function taskOf(id: string): { readonly topicGroupId: number; readonly partition: number } {
  const [topicGroupId = 0, partition = 0] = id.split('_').map(Number);
  return { topicGroupId, partition };
}

function byGroup(tasks: readonly TaskSum[]): { topicGroupId: number; partitionToOffsetSum: readonly TaskSum[] }[] {
  return [...new Set(tasks.map(({ topicGroupId }) => topicGroupId))].map((topicGroupId) => ({
    topicGroupId,
    partitionToOffsetSum: tasks.filter((task) => task.topicGroupId === topicGroupId),
  }));
}

function uuidText(base64url: string): string {
  const hex = Buffer.from(base64url, 'base64url').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
