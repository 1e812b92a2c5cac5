/** Settings of the broker under Kafka's names, as DescribeConfigs tells them. They are read only: the constructor takes them. */
import type { BrokerLimits } from './broker-options.ts';
import { settingTypeCode, topicSettings, type SettingDefinition } from './topic-settings.ts';

/** A setting with its value. */
export interface BrokerSetting {
  readonly name: string;
  readonly value: string;
  /** Kafka's number of its type. */
  readonly typeCode: number;
}

/** All settings of the broker. */
export function brokerSettings(limits: BrokerLimits): BrokerSetting[] {
  const defaults = topicSettings;
  const of = (name: string): SettingDefinition => defaults[name] as SettingDefinition;
  const int = settingTypeCode(of('max.message.bytes'));
  const long = settingTypeCode(of('retention.ms'));
  const boolean = settingTypeCode(of('preallocate'));
  const topicDefault = (name: string, topicName: string): BrokerSetting => ({
    name,
    value: of(topicName).default,
    typeCode: settingTypeCode(of(topicName)),
  });
  const limit = (name: string, value: number | boolean): BrokerSetting => ({
    name,
    value: String(value),
    typeCode: typeof value === 'boolean' ? boolean : int,
  });
  return [
    topicDefault('log.cleanup.policy', 'cleanup.policy'),
    topicDefault('log.retention.bytes', 'retention.bytes'),
    topicDefault('log.retention.ms', 'retention.ms'),
    // log.retention.ms wins over it; clients look for it all the same.
    { name: 'log.retention.hours', value: '-1', typeCode: int },
    topicDefault('log.segment.bytes', 'segment.bytes'),
    { name: 'log.retention.check.interval.ms', value: String(limits.cleanupIntervalMs), typeCode: long },
    topicDefault('log.message.timestamp.type', 'message.timestamp.type'),
    topicDefault('message.max.bytes', 'max.message.bytes'),
    topicDefault('min.insync.replicas', 'min.insync.replicas'),
    limit('broker.id', limits.nodeId),
    limit('node.id', limits.nodeId),
    limit('num.partitions', limits.defaultPartitions),
    limit('default.replication.factor', 1),
    limit('offsets.topic.replication.factor', 1),
    limit('auto.create.topics.enable', limits.autoCreateTopics),
    limit('socket.request.max.bytes', limits.maxRequestBytes),
    limit('transaction.max.timeout.ms', limits.maxTransactionTimeoutMs),
    limit('transaction.partition.verification.enable', limits.verifiesTransactions),
    limit('add.partitions.to.txn.retry.backoff.ms', limits.transactionRetryBackoffMs),
    limit('add.partitions.to.txn.retry.backoff.max.ms', limits.transactionRetryMaxMs),
    limit('group.initial.rebalance.delay.ms', limits.initialRebalanceDelayMs),
    limit('group.min.session.timeout.ms', limits.minSessionTimeoutMs),
    limit('group.max.session.timeout.ms', limits.maxSessionTimeoutMs),
    limit('offset.metadata.max.bytes', limits.maxOffsetMetadataBytes),
  ];
}
