/** Settings of topics under Kafka's names: their defaults, their types, and what the log makes of them. */
import { errorCodes } from '@millrace/protocol';

/** Kafka's numbers of configuration types, as DescribeConfigs has them. */
const types = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 } as const;

/** What is known of a setting. */
export interface SettingDefinition {
  readonly type: keyof typeof types;
  readonly default: string;
  /** Permitted words of a string or list. */
  readonly words?: readonly string[];
}

const compressionTypes = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'];

/** Settings of a topic. Retention is unlimited by default: a development broker does not lose old event times. */
export const topicSettings: Readonly<Record<string, SettingDefinition>> = {
  'cleanup.policy': { type: 'list', default: 'delete', words: ['delete', 'compact'] },
  'compression.type': { type: 'string', default: 'producer', words: compressionTypes },
  'delete.retention.ms': { type: 'long', default: '86400000' },
  'file.delete.delay.ms': { type: 'long', default: '60000' },
  'flush.messages': { type: 'long', default: '9223372036854775807' },
  'flush.ms': { type: 'long', default: '9223372036854775807' },
  'index.interval.bytes': { type: 'int', default: '4096' },
  'max.compaction.lag.ms': { type: 'long', default: '9223372036854775807' },
  'max.message.bytes': { type: 'int', default: '1048588' },
  'message.timestamp.after.max.ms': { type: 'long', default: '3600000' },
  'message.timestamp.before.max.ms': { type: 'long', default: '9223372036854775807' },
  'message.timestamp.type': { type: 'string', default: 'CreateTime', words: ['CreateTime', 'LogAppendTime'] },
  'min.cleanable.dirty.ratio': { type: 'double', default: '0.5' },
  'min.compaction.lag.ms': { type: 'long', default: '0' },
  'min.insync.replicas': { type: 'int', default: '1' },
  preallocate: { type: 'boolean', default: 'false' },
  'retention.bytes': { type: 'long', default: '-1' },
  'retention.ms': { type: 'long', default: '-1' },
  'segment.bytes': { type: 'int', default: '1073741824' },
  'segment.index.bytes': { type: 'int', default: '10485760' },
  'segment.jitter.ms': { type: 'long', default: '0' },
  'segment.ms': { type: 'long', default: '604800000' },
  'unclean.leader.election.enable': { type: 'boolean', default: 'false' },
};

/** What the log does by. */
export interface LogSettings {
  readonly deletes: boolean;
  readonly compacts: boolean;
  readonly deleteRetentionMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly minCompactionLagMs: number;
  readonly maxMessageBytes: number;
  readonly timestampAfterMaxMs: number;
  readonly timestampBeforeMaxMs: number;
  readonly logAppendTime: boolean;
  readonly retentionBytes: number;
  readonly retentionMs: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
}

/** Number of a type in DescribeConfigs. */
export function settingTypeCode(definition: SettingDefinition): number {
  return types[definition.type];
}

/** The value that holds: the topic's own, or the default. */
export function settingOf(own: ReadonlyMap<string, string>, name: string): string {
  return own.get(name) ?? topicSettings[name]?.default ?? '';
}

/** Reads the settings that the log does by. */
export function logSettings(own: ReadonlyMap<string, string>): LogSettings {
  const number = (name: string): number => Number(settingOf(own, name));
  const policies = settingOf(own, 'cleanup.policy').split(',');
  return {
    deletes: policies.includes('delete'),
    compacts: policies.includes('compact'),
    deleteRetentionMs: number('delete.retention.ms'),
    minCleanableDirtyRatio: number('min.cleanable.dirty.ratio'),
    minCompactionLagMs: number('min.compaction.lag.ms'),
    maxMessageBytes: number('max.message.bytes'),
    timestampAfterMaxMs: number('message.timestamp.after.max.ms'),
    timestampBeforeMaxMs: number('message.timestamp.before.max.ms'),
    logAppendTime: settingOf(own, 'message.timestamp.type') === 'LogAppendTime',
    retentionBytes: number('retention.bytes'),
    retentionMs: number('retention.ms'),
    segmentBytes: number('segment.bytes'),
    segmentMs: number('segment.ms'),
  };
}

/** A refusal of a setting. */
export interface SettingFault {
  readonly errorCode: number;
  readonly errorMessage: string;
}

/** What is wrong with a setting; undefined if nothing is. */
export function settingFault(name: string, value: string | null): SettingFault | undefined {
  const definition = topicSettings[name];
  if (definition === undefined) return invalid(`Unknown topic config name: ${name}`);
  if (value === null) return invalid(`Null value not supported for topic configs: ${name}`);
  const say = (): SettingFault => invalid(`Invalid value ${value} for configuration ${name}`);
  switch (definition.type) {
    case 'boolean':
      return value === 'true' || value === 'false' ? undefined : say();
    case 'int':
    case 'long':
      return /^-?\d+$/.test(value) ? undefined : say();
    case 'double':
      return value !== '' && Number.isFinite(Number(value)) ? undefined : say();
    case 'string':
    case 'list': {
      const { words } = definition;
      return words === undefined || value.split(',').every((word) => words.includes(word.trim())) ? undefined : say();
    }
  }
}

function invalid(errorMessage: string): SettingFault {
  return { errorCode: errorCodes.INVALID_CONFIG, errorMessage };
}
