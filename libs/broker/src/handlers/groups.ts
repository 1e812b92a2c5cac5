/**
 * The APIs of groups and their offsets. From some versions on, offsets name topics by id; the coordinator knows names only. Offsets
 * of topics that do not exist never reach it.
 */
import { errorCodes } from '@millrace/protocol';
import type { Topics } from '../topics.ts';
import type { BrokerState, Handler, Handlers } from './handler.ts';
import type { Request, Response } from '../messages.ts';

type Committed = NonNullable<Response<'OffsetCommit'>['topics']>[number];
type Fetched = NonNullable<Response<'OffsetFetch'>['groups']>[number];

/** Offsets of one topic, for a commit of either kind. */
interface OffsetsOfTopic {
  readonly name: string;
  readonly partitions: readonly { readonly partitionIndex: number }[];
}

const firstVersionWithIds = 10;

/** JoinGroup and all that follows. */
export function groupHandlers(state: BrokerState): Handlers {
  const { groups } = state;
  return {
    JoinGroup: (request, { clientId, clientHost, version }, reply) =>
      groups.join(request, { clientId, clientHost, apiVersion: version }, reply),
    SyncGroup: (request, _context, reply) => groups.syncGroup(request, reply),
    Heartbeat: (request, _context, reply) => reply(groups.heartbeat(request)),
    LeaveGroup: (request, { version }, reply) => reply(groups.leaveGroup(request, version)),
    OffsetCommit: offsetCommit(state),
    OffsetFetch: offsetFetch(state),
    OffsetDelete: (request, _context, reply) => reply(groups.offsetDelete(request)),
    DescribeGroups: (request, { version }, reply) => reply(groups.describeGroups(request, version)),
    ListGroups: (request, _context, reply) => reply(groups.listGroups(request)),
    DeleteGroups: (request, _context, reply) => reply(groups.deleteGroups(request)),
  };
}

/** Offsets of partitions that exist, and the answers for those that do not. */
export function knownOffsets<T extends OffsetsOfTopic>(
  topics: Topics,
  offsets: readonly T[],
): { readonly known: T[]; readonly unknown: Map<T, number[]> } {
  const known: T[] = [];
  const unknown = new Map<T, number[]>();
  for (const topic of offsets) {
    const has = topics.get(topic.name)?.partitions.length ?? 0;
    const missing = topic.partitions.filter(({ partitionIndex }) => partitionIndex < 0 || partitionIndex >= has);
    if (missing.length > 0)
      unknown.set(
        topic,
        missing.map(({ partitionIndex }) => partitionIndex),
      );
    const found = topic.partitions.filter((partition) => !missing.includes(partition));
    if (found.length > 0) known.push({ ...topic, partitions: found });
  }
  return { known, unknown };
}

function offsetCommit({ topics, groups }: BrokerState): Handler<'OffsetCommit'> {
  return (request, { version }, reply) => {
    const byId = version >= firstVersionWithIds;
    const named = request.topics.map((topic) =>
      byId ? { ...topic, name: topics.byId(topic.topicId)?.name ?? '' } : topic,
    );
    const { known, unknown } = knownOffsets(topics, named);
    const answered = new Map<string, Committed['partitions']>();
    const answer = groups.offsetCommit({ ...request, topics: known }, version);
    for (const { name, partitions } of answer.topics ?? []) answered.set(name ?? '', partitions);
    const answers = named.map((topic): Committed => {
      const isUnknownId = byId && topic.name === '';
      const errorCode = isUnknownId ? errorCodes.UNKNOWN_TOPIC_ID : errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
      const missing = (unknown.get(topic) ?? []).map((partitionIndex) => ({ partitionIndex, errorCode }));
      const { name, topicId } = topic;
      return { ...(byId ? { topicId } : { name }), partitions: [...(answered.get(name) ?? []), ...missing] };
    });
    reply({ topics: answers });
  };
}

function offsetFetch({ topics, groups }: BrokerState): Handler<'OffsetFetch'> {
  return (request, { version }, reply) => {
    if (version < firstVersionWithIds) return reply(groups.offsetFetch(request, version));
    const answer = groups.offsetFetch(
      { ...request, groups: request.groups.map((group) => withNames(topics, group)) },
      version,
    );
    const answers = (answer.groups ?? []).map((group, i): Fetched => {
      const found = (group.topics ?? []).map(({ name, partitions }) => ({
        topicId: topics.get(name ?? '')?.id,
        partitions,
      }));
      return { ...group, topics: [...found, ...unknownTopics(topics, request.groups[i]?.topics ?? [])] };
    });
    reply({ ...answer, groups: answers });
  };
}

type GroupWanted = Request<'OffsetFetch'>['groups'][number];

/** Topics that exist, by name; null, for all of them, stays. */
function withNames(topics: Topics, group: GroupWanted): GroupWanted {
  const named = group.topics?.flatMap((topic) => {
    const name = topics.byId(topic.topicId)?.name;
    return name === undefined ? [] : [{ ...topic, name }];
  });
  return { ...group, topics: named ?? null };
}

function unknownTopics(topics: Topics, wanted: NonNullable<GroupWanted['topics']>): NonNullable<Fetched['topics']> {
  const errorCode = errorCodes.UNKNOWN_TOPIC_ID;
  return wanted
    .filter(({ topicId }) => topics.byId(topicId) === undefined)
    .map(({ topicId, partitionIndexes }) => ({
      topicId,
      partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, committedOffset: -1, errorCode })),
    }));
}
