/** What the leader of a JVM application's group tells each stream thread: the user data of its assignment (assignor `stream`), versions 1 to 11. */
import type { Buffer } from 'node:buffer';
import { millraceError } from '@millrace/base';
import { messageCodec } from '../api.ts';
import { array, int32, int64, string } from '../wire/field.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';

interface Partition {
  readonly topic: string;
  readonly partition: number;
}

/** A task kept in reserve, with the changelog partitions it follows. */
export interface StandbyTask {
  readonly task: string;
  readonly partitions: readonly Partition[];
}

/** An instance by its `application.server`, with the partitions it has. */
export interface HostPartitions {
  readonly host: string;
  readonly port: number;
  readonly partitions: readonly Partition[];
}

export interface AssignmentInfo {
  /** Of the message. */
  readonly version: number;
  /** The newest version that all members know; -1 before version 3. */
  readonly commonlySupported: number;
  /** Tasks (`0_1`) to run. */
  readonly active: readonly string[];
  readonly standby: readonly StandbyTask[];
  /** Version 2 and later. */
  readonly activeHosts: readonly HostPartitions[];
  /** Version 6 and later. */
  readonly standbyHosts: readonly HostPartitions[];
  /** 0: none. Version 4 and later. */
  readonly errorCode: number;
  /** Time in ms since 1970 of the next probing rebalance; undefined: none. Version 7 and later. */
  readonly nextRebalanceMs: number | undefined;
}

const never = 2n ** 63n - 1n;
const optional = { ignorable: true } as const;
/** Named topologies never became public: the length of their name is 0. */
const taskId = { subtopology: int32(), partition: int32(), nameLength: int32('10+', optional) };
const partitions = array({ topic: string(), partition: int32() });
const hosts = array({
  host: string(),
  port: int32(),
  partitions: array({ topicId: int32(), partition: int32() }),
});

const codec = messageCodec({ name: 'AssignmentInfo', versions: '1-11' }, 'user data', {
  usedVersion: int32(),
  commonlySupportedVersion: int32('3+', { default: -1, ignorable: true }),
  active: array(taskId),
  standby: array({ ...taskId, partitions }),
  namedHosts: array({ host: string(), port: int32(), partitions }, '2-4', optional),
  topics: array({ id: int32(), name: string() }, '5+', optional),
  activeHosts: { ...hosts, versions: '5+', options: optional },
  standbyHosts: { ...hosts, versions: '6+', options: optional },
  errorCode: int32('4+', optional),
  nextRebalanceMs: int64('7+', { default: never, ignorable: true }),
});

export function encodeAssignmentInfo(info: AssignmentInfo): Buffer {
  const { version, commonlySupported, active, standby, activeHosts, standbyHosts, errorCode, nextRebalanceMs } = info;
  const told = version < 6 ? activeHosts : [...activeHosts, ...standbyHosts];
  const topics = [...new Set(told.flatMap((host) => host.partitions.map(({ topic }) => topic)))];
  const byId = ({ host, port, partitions }: HostPartitions): object => ({
    host,
    port,
    partitions: partitions.map(({ topic, partition }) => ({ topicId: topics.indexOf(topic), partition })),
  });
  const writer = new Writer();
  codec.write(writer, version, {
    usedVersion: version,
    commonlySupportedVersion: commonlySupported,
    active: active.map(taskOf),
    standby: standby.map(({ task, partitions }) => ({ ...taskOf(task), partitions })),
    namedHosts: activeHosts,
    topics: topics.map((name, id) => ({ id, name })),
    activeHosts: activeHosts.map(byId),
    standbyHosts: standbyHosts.map(byId),
    errorCode,
    ...(nextRebalanceMs === undefined ? {} : { nextRebalanceMs }),
  });
  return writer.finish();
}

/** Throws MR_PROTOCOL_MALFORMED for bytes that are none, MR_PROTOCOL_VERSION_UNSUPPORTED for a later version. */
export function decodeAssignmentInfo(message: Buffer): AssignmentInfo {
  const reader = new Reader(message, 'AssignmentInfo');
  const version = reader.int32();
  reader.position = 0;
  const data = codec.read(reader, version);
  const names = new Map(data.topics.map(({ id, name }) => [id, name]));
  const byName = (told: typeof data.activeHosts): HostPartitions[] =>
    told.map(({ host, port, partitions }) => ({
      host,
      port,
      partitions: partitions.map(({ topicId, partition }) => ({
        topic: names.get(topicId) ?? unknown(topicId),
        partition,
      })),
    }));
  const next = data.nextRebalanceMs as number | bigint;
  return {
    version,
    commonlySupported: data.commonlySupportedVersion,
    active: data.active.map(taskText),
    standby: data.standby.map(({ partitions, ...task }) => ({ task: taskText(task), partitions })),
    activeHosts: version < 5 ? data.namedHosts : byName(data.activeHosts),
    standbyHosts: byName(data.standbyHosts),
    errorCode: data.errorCode,
    nextRebalanceMs: typeof next === 'bigint' ? undefined : next,
  };
}

function unknown(topicId: number): never {
  throw millraceError('MR_PROTOCOL_MALFORMED', {
    what: 'AssignmentInfo',
    position: 0,
    why: `topic ${topicId} has no name`,
  });
}

function taskText({ subtopology, partition }: { readonly subtopology: number; readonly partition: number }): string {
  return `${subtopology}_${partition}`;
}

function taskOf(id: string): { readonly subtopology: number; readonly partition: number } {
  const [subtopology = 0, partition = 0] = id.split('_').map(Number);
  return { subtopology, partition };
}
