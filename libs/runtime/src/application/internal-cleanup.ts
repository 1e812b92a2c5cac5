/**
 * Internal topics that somebody made, or changed, with a cleanup that loses records: a table's changelog from which time or size deletes, and a
 * repartition topic from which compaction takes what is not processed yet. Each is told at start, with the command that mends it.
 */
import type { InternalTopic } from '@millrace/topology';

/** A topic whose `cleanup.policy` is wrong. */
export interface WrongCleanup {
  readonly topic: string;
  readonly policy: string;
  readonly loses: string;
  /** Settings for `kafka-configs.sh --add-config`. */
  readonly mend: string;
}

/** Settings of topics by name. */
export type TopicSettings = ReadonlyMap<string, ReadonlyMap<string, string>>;

const table = {
  forbidden: 'delete',
  loses: 'A changelog of a table from which the broker deletes loses rows that have not changed for long.',
  mend: 'cleanup.policy=compact',
};
const repartition = {
  forbidden: 'compact',
  loses:
    'A repartition topic that is compacted loses records that are followed by one of the same key, before they are processed.',
  mend: 'cleanup.policy=delete,retention.ms=-1',
};

/** Topics whose cleanup takes records that are still needed. */
export function wrongCleanups(topics: readonly InternalTopic[], settings: TopicSettings): readonly WrongCleanup[] {
  return topics.flatMap(({ kind, name, configs }) => {
    const rule = kind === 'repartition' ? repartition : isTable(configs) ? table : undefined;
    const policy = settings.get(name)?.get('cleanup.policy') ?? '';
    if (rule === undefined || !policy.split(',').includes(rule.forbidden)) return [];
    return [{ topic: name, policy, loses: rule.loses, mend: rule.mend }];
  });
}

/** Rows of a table are kept however old they are; a user who wants another changelog says so in the store's logConfig. */
export function isTable(configs: InternalTopic['configs']): boolean {
  return configs['cleanup.policy'] === 'compact';
}
