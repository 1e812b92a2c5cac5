/** What a broker is made with: its ports, and its limits under Kafka's names. Every limit has a default. */
import type { Clock, Logger, Random } from '@millrace/base';
import type { Address } from '@millrace/ports';

/** A span of time that is drawn for each use, uniformly. */
export interface DelayRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/** Settings of a broker that have defaults. */
export interface BrokerLimits {
  readonly nodeId: number;
  readonly clusterId: string;
  /** Where clients find the broker when their connection does not say it. */
  readonly advertised: Address;
  /** The finalized `transaction.version`: 1 makes clients keep to the older flow. */
  readonly transactionVersion: 1 | 2;
  /** Whether a partition asks the coordinator before it takes the first batch of a transaction (KIP-890). */
  readonly verifiesTransactions: boolean;
  /** `num.partitions`. */
  readonly defaultPartitions: number;
  /** `auto.create.topics.enable`. */
  readonly autoCreateTopics: boolean;
  /** `socket.request.max.bytes`. */
  readonly maxRequestBytes: number;
  /** `transaction.max.timeout.ms`. */
  readonly maxTransactionTimeoutMs: number;
  /** How long after EndTxn each marker is written. */
  readonly markerDelay: DelayRange;
  /** After a restart the markers of partitions that are due are never written, as brokers 4.1 to 4.3 may do it (KAFKA-20734). */
  readonly forgetsMarkers: boolean;
  /** `add.partitions.to.txn.retry.backoff.ms` and `.max.ms`: how the broker itself waits for the markers of transactions v2. */
  readonly transactionRetryBackoffMs: number;
  readonly transactionRetryMaxMs: number;
  /** The first id given to a producer. */
  readonly firstProducerId: number;
  /** `group.initial.rebalance.delay.ms`. */
  readonly initialRebalanceDelayMs: number;
  /** `group.min.session.timeout.ms` and `group.max.session.timeout.ms`. */
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** `offset.metadata.max.bytes`. */
  readonly maxOffsetMetadataBytes: number;
  /** How often retention and compaction run by themselves; 0: only when called. */
  readonly cleanupIntervalMs: number;
}

/** What a broker is made with. */
export interface BrokerOptions extends Partial<BrokerLimits> {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The defaults: those of Kafka, but for waits that only several nodes need. */
export const defaultLimits: BrokerLimits = {
  nodeId: 1,
  clusterId: 'millrace-embedded-clst',
  advertised: { host: '127.0.0.1', port: 9092 },
  transactionVersion: 2,
  verifiesTransactions: true,
  defaultPartitions: 4,
  autoCreateTopics: true,
  maxRequestBytes: 100 * 1024 * 1024,
  maxTransactionTimeoutMs: 900_000,
  markerDelay: { minMs: 0, maxMs: 4 },
  forgetsMarkers: false,
  transactionRetryBackoffMs: 20,
  transactionRetryMaxMs: 100,
  firstProducerId: 0,
  initialRebalanceDelayMs: 0,
  minSessionTimeoutMs: 500,
  maxSessionTimeoutMs: 1_800_000,
  maxOffsetMetadataBytes: 4_096,
  cleanupIntervalMs: 0,
};
