/** Offsets of logs: by time, by leader epoch, and moving the first one. */
import { errorCodes } from '@millrace/protocol';
import { leaderEpoch, type Partition } from '../partition.ts';
import type { BrokerState, Handler, Handlers } from './handler.ts';

/** What stands for a time in ListOffsets. */
const special = { latest: -1, earliest: -2, maxTimestamp: -3, earliestLocal: -4 } as const;
/** Since when. */
const versionsOfSpecial: Readonly<Record<number, number>> = { [-1]: 1, [-2]: 1, [-3]: 7, [-4]: 8, [-5]: 9, [-6]: 11 };
const readCommitted = 1;
const noOffset = { offset: -1, timestamp: -1, leaderEpoch: -1 } as const;
const highWatermark = -1;

/** ListOffsets, OffsetForLeaderEpoch, DeleteRecords. */
export function offsetHandlers(state: BrokerState): Handlers {
  return {
    ListOffsets: listOffsets(state),
    OffsetForLeaderEpoch: offsetForLeaderEpoch(state),
    DeleteRecords: deleteRecords(state),
  };
}

function listOffsets({ topics }: BrokerState): Handler<'ListOffsets'> {
  return (request, { version }, reply) => {
    const answers = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, currentLeaderEpoch, timestamp }) => {
        const partition = topics.partition(name, partitionIndex);
        if (partition === undefined) return { partitionIndex, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
        if (currentLeaderEpoch > leaderEpoch) return { partitionIndex, errorCode: errorCodes.UNKNOWN_LEADER_EPOCH };
        if (timestamp < 0 && version < (versionsOfSpecial[timestamp] ?? Infinity))
          return { partitionIndex, errorCode: errorCodes.UNSUPPORTED_VERSION };
        const until = request.isolationLevel === readCommitted ? partition.lastStableOffset : partition.log.endOffset;
        return { partitionIndex, ...offsetAt(partition, timestamp, until) };
      }),
    }));
    reply({ topics: answers });
  };
}

function offsetAt(
  { log }: Partition,
  timestamp: number,
  until: number,
): { offset: number; timestamp: number; leaderEpoch: number } {
  switch (timestamp) {
    case special.latest:
      return { offset: until, timestamp: -1, leaderEpoch };
    case special.earliest:
    case special.earliestLocal:
      return { offset: log.startOffset, timestamp: -1, leaderEpoch };
    case special.maxTimestamp:
      return log.latestTime(until) ?? noOffset;
    default:
      return (timestamp < 0 ? undefined : log.offsetOfTime(timestamp, until)) ?? noOffset;
  }
}

function offsetForLeaderEpoch({ topics }: BrokerState): Handler<'OffsetForLeaderEpoch'> {
  return (request, _context, reply) => {
    const answers = request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch: wanted }) => {
        const found = topics.partition(topic, partition);
        if (found === undefined) return { partition, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION };
        if (currentLeaderEpoch > leaderEpoch) return { partition, errorCode: errorCodes.UNKNOWN_LEADER_EPOCH };
        return wanted < leaderEpoch || wanted > leaderEpoch
          ? { partition }
          : { partition, leaderEpoch, endOffset: found.log.endOffset };
      }),
    }));
    reply({ topics: answers });
  };
}

function deleteRecords({ topics }: BrokerState): Handler<'DeleteRecords'> {
  return (request, _context, reply) => {
    const answers = request.topics.map(({ name, partitions }) => {
      const topic = topics.get(name);
      return {
        name,
        partitions: partitions.map(({ partitionIndex, offset }) => {
          const partition = topic?.partitions[partitionIndex];
          const fault = deletionFault(partition, topic?.settings.deletes ?? true, offset);
          if (partition === undefined || fault !== 0) return { partitionIndex, errorCode: fault, lowWatermark: -1 };
          partition.advanceStart(offset === highWatermark ? partition.log.endOffset : offset);
          return { partitionIndex, lowWatermark: partition.log.startOffset };
        }),
      };
    });
    reply({ topics: answers });
  };
}

function deletionFault(partition: Partition | undefined, deletes: boolean, offset: number): number {
  if (partition === undefined) return errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
  if (!deletes) return errorCodes.POLICY_VIOLATION;
  return offset < highWatermark || offset > partition.log.endOffset ? errorCodes.OFFSET_OUT_OF_RANGE : errorCodes.NONE;
}
