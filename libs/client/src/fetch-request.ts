/** One Fetch to one broker: what is asked for, and what came back for each partition. */
import type { Buffer } from 'node:buffer';
import type { FetcherOptions } from '@millrace/ports';
import { apis, type RequestOf } from '@millrace/protocol';
import type { Input, ResponseOf } from '@millrace/protocol';
import type { RequestOptions } from './broker-connection.ts';
import type { Cluster } from './cluster.ts';
import type { FetchPartition } from './fetch-partition.ts';
import { byTopic, partitionKey } from './topic-partitions.ts';

/** Options of a fetcher with their defaults. */
export type FetchSettings = Required<FetcherOptions>;

/** Options as a user gives them, filled up. */
export function fetchSettings(options: FetcherOptions): FetchSettings {
  return {
    isolation: options.isolation,
    offsetReset: options.offsetReset ?? 'fail',
    maxWaitMs: options.maxWaitMs ?? 500,
    minBytes: options.minBytes ?? 1,
    maxBytes: options.maxBytes ?? 50 * 1024 * 1024,
    maxPartitionBytes: options.maxPartitionBytes ?? 1024 * 1024,
    maxBufferedBytes: options.maxBufferedBytes ?? 64 * 1024 * 1024,
  };
}

type PartitionAnswer = ResponseOf<typeof apis.Fetch>['responses'][number]['partitions'][number];

const zeroId = 'AAAAAAAAAAAAAAAAAAAAAA';
/** The last version that names topics; later ones have their ids (KIP-516). */
const lastNamedVersion = 12;

export interface FetchPlan {
  readonly node: number;
  readonly partitions: readonly FetchPartition[];
  readonly maxWaitMs: number;
  readonly maxBytes: number;
}

/** Sends a Fetch. Calls back for each partition that was answered; false for the whole answer when the broker refused it. */
export async function sendFetch(
  cluster: Cluster,
  lane: string,
  { node, partitions, maxWaitMs, maxBytes }: FetchPlan,
  settings: FetchSettings,
  receive: (partition: FetchPartition, answer: PartitionAnswer, records: Buffer | null) => void,
): Promise<void> {
  const asked = new Map<string, FetchPartition>();
  let everyIdKnown = true;
  const topics = byTopic(partitions).map(([topic, own]) => {
    const topicId = cluster.metadata.topic(topic, 0)?.topicId ?? zeroId;
    if (topicId === zeroId) everyIdKnown = false;
    for (const one of own) {
      asked.set(partitionKey(topic, one.partition), one);
      if (topicId !== zeroId) asked.set(partitionKey(topicId, one.partition), one);
    }
    return { topic, topicId, partitions: own.map((one) => wanted(cluster, one, settings.maxPartitionBytes)) };
  });
  const body: Input<RequestOf<typeof apis.Fetch>> = {
    maxWaitMs,
    minBytes: settings.minBytes,
    maxBytes,
    isolationLevel: settings.isolation === 'read_committed' ? 1 : 0,
    topics,
  };
  const timeoutMs = maxWaitMs + cluster.settings.requestTimeoutMs;
  const options: RequestOptions = everyIdKnown ? { timeoutMs } : { timeoutMs, maxVersion: lastNamedVersion };
  const { responses } = await cluster.call(node, lane, apis.Fetch, body, options);
  for (const { topic, topicId, partitions: answers } of responses) {
    for (const answer of answers) {
      const one = asked.get(partitionKey(topic === '' ? topicId : topic, answer.partitionIndex));
      if (one !== undefined) receive(one, answer, answer.records);
    }
  }
}

function wanted(cluster: Cluster, { topic, partition, fetchOffset }: FetchPartition, partitionMaxBytes: number) {
  const currentLeaderEpoch = cluster.metadata.partition(topic, partition)?.leaderEpoch ?? -1;
  return { partition, fetchOffset, partitionMaxBytes, currentLeaderEpoch };
}
