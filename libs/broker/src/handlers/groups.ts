/** The APIs of groups and their offsets. Offsets name topics, from some versions on by id: the coordinator knows names only. */
import { errorCodes } from '@millrace/protocol';
import type { GroupCoordination } from '../group-coordination.ts';
import type { Topics } from '../topics.ts';
import type { BrokerState, Handlers, Request, Response } from './handler.ts';

/** JoinGroup and all that follows. */
export function groupHandlers({ topics }: BrokerState, groups: GroupCoordination): Handlers {
  return {
    JoinGroup: (request, { clientId, clientHost, version }, reply) =>
      groups.join(request, { clientId, clientHost, apiVersion: version }, reply),
    SyncGroup: (request, _context, reply) => groups.syncGroup(request, reply),
    Heartbeat: (request, _context, reply) => reply(groups.heartbeat(request)),
    LeaveGroup: (request, { version }, reply) => reply(groups.leaveGroup(request, version)),
    OffsetCommit: (request, { version }, reply) => reply(offsetCommit(topics, groups, request, version)),
    OffsetFetch: (request, { version }, reply) => reply(offsetFetch(topics, groups, request, version)),
    OffsetDelete: (request, _context, reply) => reply(groups.offsetDelete(request)),
    DescribeGroups: (request, _context, reply) => reply(groups.describeGroups(request)),
    ListGroups: (request, _context, reply) => reply(groups.listGroups(request)),
    DeleteGroups: (request, _context, reply) => reply(groups.deleteGroups(request)),
  };
}

const firstVersionWithIds = 10;

/** Translates ids to names and back; a topic whose id is not known keeps its error. */
function offsetCommit(
  topics: Topics,
  groups: GroupCoordination,
  request: Request<'OffsetCommit'>,
  version: number,
): Response<'OffsetCommit'> {
  if (version < firstVersionWithIds) return groups.offsetCommit(request, version);
  const named = request.topics.map((topic) => ({ ...topic, name: topics.byId(topic.topicId)?.name ?? '' }));
  const answer = groups.offsetCommit({ ...request, topics: named.filter(({ name }) => name !== '') }, version);
  const answered = new Map((answer.topics ?? []).map(({ name, partitions }) => [name, partitions]));
  const answers = named.map(({ name, topicId, partitions }) => ({
    topicId,
    partitions:
      answered.get(name) ??
      partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_ID })),
  }));
  return { ...answer, topics: answers };
}

function offsetFetch(
  topics: Topics,
  groups: GroupCoordination,
  request: Request<'OffsetFetch'>,
  version: number,
): Response<'OffsetFetch'> {
  if (version < firstVersionWithIds) return groups.offsetFetch(request, version);
  type Wanted = NonNullable<Request<'OffsetFetch'>['groups'][number]['topics']>[number];
  const isKnown = ({ topicId }: Wanted): boolean => topics.byId(topicId) !== undefined;
  const named = request.groups.map((group) => ({
    ...group,
    topics:
      group.topics?.filter(isKnown).map((topic) => ({ ...topic, name: topics.byId(topic.topicId)?.name ?? '' })) ??
      null,
  }));
  const answer = groups.offsetFetch({ ...request, groups: named }, version);
  const answers = (answer.groups ?? []).map((group, i) => {
    const unknown = (request.groups[i]?.topics ?? []).filter((topic) => !isKnown(topic));
    const found = (group.topics ?? []).map(({ name, partitions }) => ({
      topicId: topics.get(name ?? '')?.id,
      partitions,
    }));
    return {
      ...group,
      topics: [
        ...found,
        ...unknown.map(({ topicId, partitionIndexes }) => ({ topicId, partitions: partitionIndexes.map(noOffset) })),
      ],
    };
  });
  return { ...answer, groups: answers };
}

function noOffset(partitionIndex: number) {
  const errorCode = errorCodes.UNKNOWN_TOPIC_ID;
  return { partitionIndex, committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode };
}
