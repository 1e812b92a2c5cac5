/**
 * kafkajs' own connections, reached below its consumer: the consumer hides what the port needs (assignment apart from membership, positions,
 * user data of members). The classes are not public; version 2.2.4 is pinned and a test holds the shape.
 */
import { invariant, millraceError } from '@millrace/base';
import type { Kafka } from 'kafkajs';

/** A message as kafkajs decodes it, with what its record batch says. */
export interface RawMessage {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, Buffer | Buffer[] | undefined>>;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

export interface RawPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly highWatermark: string;
  readonly lastStableOffset: string;
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[];
  readonly messages: readonly RawMessage[];
}

type Topics<P> = readonly { readonly topic: string; readonly partitions: readonly P[] }[];

/** The requests of a kafkajs broker that the adapter sends. */
export interface Broker {
  fetch(request: {
    readonly isolationLevel: 0 | 1;
    readonly maxWaitTime: number;
    readonly minBytes: number;
    readonly maxBytes: number;
    readonly topics: Topics<{ readonly partition: number; readonly fetchOffset: string; readonly maxBytes: number }>;
  }): Promise<{
    readonly responses: readonly { readonly topicName: string; readonly partitions: readonly RawPartition[] }[];
  }>;
  joinGroup(request: {
    readonly groupId: string;
    readonly memberId: string;
    readonly sessionTimeout: number;
    readonly rebalanceTimeout: number;
    readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
  }): Promise<{
    readonly generationId: number;
    readonly leaderId: string;
    readonly memberId: string;
    readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
  }>;
  syncGroup(request: {
    readonly groupId: string;
    readonly generationId: number;
    readonly memberId: string;
    readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
  }): Promise<{ readonly memberAssignment: Buffer }>;
  heartbeat(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
  }): Promise<unknown>;
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
  offsetCommit(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
    readonly topics: Topics<{ readonly partition: number; readonly offset: string; readonly metadata: string }>;
  }): Promise<unknown>;
  offsetFetch(request: { readonly groupId: string; readonly topics: Topics<{ readonly partition: number }> }): Promise<{
    readonly responses: Topics<{
      readonly partition: number;
      readonly offset: string;
      readonly metadata: string | null;
    }>;
  }>;
}

export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findBroker(of: { readonly nodeId: string }): Promise<Broker>;
  findGroupCoordinator(of: { readonly groupId: string }): Promise<Broker>;
  /** Node id -> partitions it leads. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
}

/** A cluster of its own: long fetches on one do not hold up commits on another. */
export function openCluster(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  invariant(symbol !== undefined, 'kafkajs 2.2.4 keeps its cluster factory under a symbol');
  const create = (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol];
  invariant(typeof create === 'function', 'the cluster factory of kafkajs is a function');
  return create({ allowAutoTopicCreation: false, metadataMaxAge: 300_000 });
}

/** What kafkajs throws, in our terms. */
export function translated(error: unknown, doing: string): unknown {
  const {
    name = '',
    retriable = false,
    message = String(error),
  } = (error ?? {}) as { name?: string; retriable?: boolean; message?: string };
  if (name === 'MillraceError') return error;
  return retriable || /Connection|Timeout|NumberOfRetriesExceeded|GroupCoordinatorNotFound/.test(name)
    ? millraceError('MR_KAFKAJS_RETRIABLE', { doing, message }, error)
    : millraceError('MR_KAFKAJS_FAILED', { doing, message }, error);
}
