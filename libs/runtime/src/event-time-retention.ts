/**
 * A broker deletes old segments by the time that records carry, not by when they came: replayed records of 2015 are gone within seconds
 * from a topic with the stock retention of seven days. Said at start, with the command that mends it.
 */
import type { Logger } from '@millrace/base';
import type { Admin } from '@millrace/ports';

const hourMs = 3_600_000;

/** What a topic's broker does to records of old event time; undefined when it keeps them. */
export function deletedAfterMs(
  topic: ReadonlyMap<string, string>,
  broker: ReadonlyMap<string, string> = new Map(),
): number | undefined {
  const policy = topic.get('cleanup.policy') ?? broker.get('log.cleanup.policy') ?? 'delete';
  const stamp = topic.get('message.timestamp.type') ?? broker.get('log.message.timestamp.type') ?? 'CreateTime';
  if (!policy.split(',').includes('delete') || stamp !== 'CreateTime') return undefined;
  const given = topic.get('retention.ms') ?? broker.get('log.retention.ms');
  const ms = given === undefined ? Number(broker.get('log.retention.hours') ?? 168) * hourMs : Number(given);
  return ms < 0 ? undefined : ms;
}

/** Warns of every topic that would lose records of old event time. A cluster that does not tell its settings is no reason to stop. */
export async function warnOfRetention(admin: Admin, logger: Logger, topics: readonly string[]): Promise<void> {
  try {
    const configs = await admin.topicConfigs(topics);
    for (const topic of topics) {
      const afterMs = deletedAfterMs(configs.get(topic) ?? new Map());
      if (afterMs === undefined) continue;
      logger.log(
        'warn',
        'The broker deletes records of this topic by event time; replayed old records would be lost.',
        {
          topic,
          deletedAfterHours: Math.round(afterMs / hourMs),
          command: `kafka-configs.sh --bootstrap-server HOST:PORT --alter --entity-type topics --entity-name ${topic} --add-config retention.ms=-1`,
        },
      );
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    logger.log('info', 'The retention of topics could not be checked.', { why });
  }
}
