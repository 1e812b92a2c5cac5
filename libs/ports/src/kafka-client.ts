import type { TopicView } from './topic.ts';
import type { FetchedBatch, Fetcher, FetcherOptions } from './fetcher.ts';
import type { GroupMember, GroupOptions } from './group-member.ts';
import type { Admin } from './kafka-admin.ts';
import type {
  ProducerOptions,
  RecordProducer,
  TransactionalProducer,
  TransactionalProducerOptions,
} from './producer.ts';

/** What a client can do; the runtime refuses at start what its client cannot do. */
export interface ClientCapabilities {
  /** `v2`: transactions fenced by group generation (KIP-447). `none`: at least once only. */
  readonly exactlyOnce: 'v2' | 'none';
}

/**
 * The Kafka client as Millrace needs it: batches instead of records, assignment apart from membership.
 * Every method rejects with a MillraceError; its severity tells what to do. Offsets and timestamps are safe integers.
 */
export interface KafkaClient {
  readonly capabilities: ClientCapabilities;
  /** Reaches the cluster, negotiates versions. Rejects with a remedy when no bootstrap server answers as Kafka. */
  connect(): Promise<void>;
  close(): Promise<void>;
  /** Describes topics. A topic that does not exist is left out. `maxAgeMs: 0` asks the cluster anew. */
  topics(names: readonly string[], options?: { readonly maxAgeMs?: number }): Promise<ReadonlyMap<string, TopicView>>;
  /** All topic names, internal ones of Kafka left out. */
  listTopics(): Promise<readonly string[]>;
  /** For transactions in the running cluster: 2 where KIP-890 is on, else 1. Known after `connect`. */
  transactionVersion(): 1 | 2;
  fetcher(options: FetcherOptions): Fetcher;
  group(options: GroupOptions): GroupMember;
  producer(options?: ProducerOptions): RecordProducer;
  transactionalProducer(options: TransactionalProducerOptions): TransactionalProducer;
  readonly admin: Admin;
}

export type { FetchedBatch };
