/**
 * A broker deletes old segments by the time that their records carry, not by when they came: replayed records of 2015 are gone within seconds
 * from a topic with the stock retention of seven days. What an application reads is compared with how long its topics keep it, and each topic
 * that would lose records is told at start, with the command that mends it. Topics that Millrace creates keep everything (ADR 9).
 */
import type { Clock, Logger } from '@millrace/base';
import type { Admin, TopicPartition } from '@millrace/ports';
import type { InternalTopic } from '@millrace/topology';
import { isTable, wrongCleanups } from './internal-cleanup.ts';

export interface RetentionPorts {
  readonly admin: Admin;
  readonly clock: Clock;
  readonly logger: Logger;
  /** For the commands that are told. */
  readonly bootstrapServers: readonly string[];
}

/** Topics of an application that exist. */
export interface WatchedTopics {
  readonly sources: readonly TopicPartition[];
  /** Written for others. */
  readonly results: readonly string[];
  readonly internal: readonly InternalTopic[];
  /** Event times come out of values: the times of the sources' records say nothing about those of the results. */
  readonly ownEventTimes: boolean;
}

type Settings = ReadonlyMap<string, string>;

/** A topic that would lose records. */
export interface LossyTopic {
  readonly topic: string;
  readonly deletedAfterMs: number;
  /** Time of the oldest record that is read; undefined when event times are not known before records are. */
  readonly oldestMs: number | undefined;
}

const hourMs = 3_600_000;

/** How old a topic's records get before they are deleted by their own time; undefined when that does not happen. */
export function deletedAfterMs(settings: Settings): number | undefined {
  const policy = settings.get('cleanup.policy') ?? 'delete';
  const stamp = settings.get('message.timestamp.type') ?? 'CreateTime';
  if (!policy.split(',').includes('delete') || stamp !== 'CreateTime') return undefined;
  const ms = Number(settings.get('retention.ms') ?? 7 * 24 * hourMs);
  return ms < 0 ? undefined : ms;
}

/** Topics that would lose records. `oldest` has the time of the oldest record of each source that has any. */
export function lossyTopics(
  { sources, results, internal, ownEventTimes }: WatchedTopics,
  settings: ReadonlyMap<string, Settings>,
  oldest: ReadonlyMap<string, number>,
  nowMs: number,
): readonly LossyTopic[] {
  const found = new Map<string, LossyTopic>();
  const look = (topic: string, oldestMs: number | undefined, isCertain: boolean): void => {
    const afterMs = deletedAfterMs(settings.get(topic) ?? new Map());
    if (afterMs === undefined || found.has(topic)) return;
    const isOld = oldestMs !== undefined && nowMs - oldestMs > afterMs;
    if (isOld || isCertain) found.set(topic, { topic, deletedAfterMs: afterMs, oldestMs });
  };
  for (const { topic } of sources) look(topic, oldest.get(topic), false);
  const oldestMs = oldest.size === 0 ? undefined : Math.min(...oldest.values());
  for (const topic of results) look(topic, ownEventTimes ? undefined : oldestMs, ownEventTimes);
  // What deletes from a table is wrong however old its records are (internal-cleanup).
  for (const { name, configs } of internal)
    if (!isTable(configs)) look(name, ownEventTimes ? undefined : oldestMs, ownEventTimes);
  return [...found.values()];
}

/** Warns of every topic that would lose records, by their time or by its cleanup. A cluster that does not tell its settings is no reason to stop. */
export async function warnOfRetention(ports: RetentionPorts, watched: WatchedTopics): Promise<void> {
  const { admin, clock, logger } = ports;
  try {
    const { sources, results, internal } = watched;
    const names = [...sources.map(({ topic }) => topic), ...results, ...internal.map(({ name }) => name)];
    const settings = await admin.topicConfigs([...new Set(names)]);
    const oldest = await oldestTimes(admin, sources);
    for (const lossy of lossyTopics(watched, settings, oldest, clock.now())) tell(ports, lossy);
    for (const { topic, policy, loses, mend } of wrongCleanups(internal, settings))
      logger.log('warn', loses, { topic, policy, command: mending(ports, topic, mend) });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    logger.log('info', 'Whether topics keep old event times could not be checked.', { why });
  }
}

function tell(ports: RetentionPorts, { topic, deletedAfterMs: afterMs, oldestMs }: LossyTopic): void {
  const text =
    'The broker deletes records of this topic by their event time, however new they are to it: ' +
    (oldestMs === undefined ? 'old ones would be lost.' : 'some that are read or come of what is read would be lost.');
  ports.logger.log('warn', text, {
    topic,
    deletedAfterHours: Math.round(afterMs / hourMs),
    ...(oldestMs === undefined ? {} : { oldestRecord: new Date(oldestMs).toISOString() }),
    command: mending(ports, topic, 'retention.ms=-1'),
  });
}

function mending({ bootstrapServers }: RetentionPorts, topic: string, settings: string): string {
  return `kafka-configs.sh --bootstrap-server ${bootstrapServers.join(',')} --alter --entity-type topics --entity-name ${topic} --add-config ${settings}`;
}

/** The time of the first record of each source; within a topic the oldest comes first, or nearly so. */
async function oldestTimes(admin: Admin, sources: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>> {
  const oldest = new Map<string, number>();
  const first = await admin.listOffsets(sources, { timestamp: 0 }, 'read_uncommitted');
  for (const { topic, offset, timestamp } of first) {
    if (offset < 0 || timestamp < 0) continue;
    oldest.set(topic, Math.min(oldest.get(topic) ?? Infinity, timestamp));
  }
  return oldest;
}
