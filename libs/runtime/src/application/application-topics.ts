/**
 * The topics of an application before it joins its group: inputs must exist, internal topics are made or checked, results are made where that is
 * wanted. Any process may do it, several at once too.
 *
 * Internal topics have the JVM library's names and settings, but for one: a broker deletes by event time, so window changelogs of replayed
 * records would be gone within seconds (ADR 9). They keep everything unless told otherwise.
 */
import { millraceError, type Clock, type Logger } from '@millrace/base';
import type { Admin, KafkaClient, NewTopic } from '@millrace/ports';
import type { InternalTopic, Program, StoreSpec, Topology } from '@millrace/topology';
import { changelogTopicName, matchingTopics, topicPatterns, withMatchedTopics } from '@millrace/topology';
import { partitionsTo, planApplication, sinkTopics, sourceTopics, type ApplicationPlan } from './application-plan.ts';
import type { StreamsConfig } from '../settings/config.ts';
import { requireCopartitions } from './copartitions.ts';
import type { DeadLetterTopic } from '../task/dead-letter.ts';
import { warnOfRetention } from './event-time-retention.ts';
import { globalTopics } from '../global/global-part.ts';

export interface ApplicationTopicsOptions {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly config: StreamsConfig;
}

/** The producer sends no larger record; what it adds for lengths is left free. */
const deadLetterBytesMax = 1_000_000;
/** How often a topic that was just created is looked for. */
const lookup = { everyMs: 100, times: 100 };

/** Checks and makes topics; gives the plan of the application. */
export async function prepareTopics(program: Program, options: ApplicationTopicsOptions): Promise<ApplicationPlan> {
  const { client, clock, config, logger } = options;
  const topology = await presentTopology(client, program.topology, config.applicationId);
  const sources = sourceTopics(topology);
  const globals = globalTopics(topology);
  const sourcePartitions = await partitionsOf(client, [...sources, ...globals]);
  const topics = [...sources, ...globals].filter((name) => !sourcePartitions.has(name));
  if (topics.length > 0) throw millraceError('MR_RUNTIME_SOURCE_TOPIC_MISSING', { topics });
  const results = resultTopics(topology, config);
  const plan = planApplication(topology, {
    applicationId: config.applicationId,
    sourcePartitions,
    additionalRetentionMs: config.windowstoreChangelogAdditionalRetentionMs,
  });
  requireCopartitions(plan);
  await makeTopics(options, [
    ...internalTopicsToMake(plan, topology.stores, config),
    ...(await resultTopicsToMake(client, config, plan, results)),
  ]);
  await requirePartitions(client, plan.internalTopics);
  await warnOfRetention(
    { admin: client.admin, clock, logger, bootstrapServers: config.bootstrapServers },
    {
      sources: sources.flatMap((topic) => partitionsTo(topic, sourcePartitions.get(topic) ?? 0)),
      results,
      internal: plan.internalTopics,
      ownEventTimes: topology.nodes.some((node) => node.kind === 'source' && node.timestampExtractor !== null),
    },
  );
  return { ...plan, deadLetters: await deadLetterTopic(options) };
}

/** The plan with the topics that the patterns of a topology match now; undefined when none has come or gone. */
export async function changedPlan(
  program: Program,
  { subtopologies }: ApplicationPlan,
  options: ApplicationTopicsOptions,
): Promise<ApplicationPlan | undefined> {
  const { client, logger, config } = options;
  const known = subtopologies.flatMap((part) => part.sourceTopics);
  const topics = sourceTopics(await presentTopology(client, program.topology, config.applicationId));
  const came = topics.filter((topic) => !known.includes(topic));
  const gone = known.filter((topic) => !topics.includes(topic));
  if (came.length === 0 && gone.length === 0) return undefined;
  const plan = await prepareTopics(program, options);
  logger.log('info', 'Topics have come or gone.', { came, gone });
  return plan;
}

/** The topology with the topics that its patterns match now. */
export async function presentTopology(
  client: KafkaClient,
  topology: Topology,
  applicationId: string,
): Promise<Topology> {
  if (topicPatterns(topology).length === 0) return topology;
  const matching = matchingTopics(topology, await client.listTopics(), applicationId);
  // What is just being made or deleted may be listed without being there.
  return withMatchedTopics(topology, [...(await partitionsOf(client, matching)).keys()]);
}

/** How much the topic of dead letters takes at once. A cluster that does not tell its settings is believed to have the usual ones. */
async function deadLetterTopic({ client, config, logger }: ApplicationTopicsOptions): Promise<DeadLetterTopic | null> {
  const topic = config.errorsDeadLetterQueueTopicName;
  if (topic === null) return null;
  const settings = await client.admin.topicConfigs([topic]).catch((error: Error) => {
    logger.log('info', 'How large dead letters may be could not be checked.', { topic, why: error.message });
    return undefined;
  });
  const maxMessageBytes = Number(settings?.get(topic)?.get('max.message.bytes') ?? deadLetterBytesMax);
  return { topic, batchBytesMax: Math.min(maxMessageBytes, deadLetterBytesMax) };
}

/** Topics with the settings that keep old event times, for those who make topics that an application writes to. */
export function createTopics(
  admin: Admin,
  names: readonly string[],
  {
    partitions = -1,
    replicationFactor = -1,
  }: { readonly partitions?: number; readonly replicationFactor?: number } = {},
): Promise<readonly string[]> {
  return admin.createTopics(names.map((name) => timelessTopic(name, partitions, replicationFactor)));
}

function timelessTopic(name: string, partitions: number, replicationFactor: number): NewTopic {
  return { name, partitions, replicationFactor, configs: { 'retention.ms': '-1' } };
}

function internalTopicsToMake(
  { applicationId, internalTopics }: ApplicationPlan,
  stores: readonly StoreSpec[],
  { replicationFactor, topicConfigs }: StreamsConfig,
): readonly NewTopic[] {
  return internalTopics.map(({ name, partitions, configs }) => {
    const store = stores.find((one) => changelogTopicName(applicationId, one.name) === name);
    const timeless = (store?.window ?? null) === null ? {} : { 'retention.ms': '-1' };
    return {
      name,
      partitions,
      replicationFactor,
      configs: { ...configs, ...timeless, ...topicConfigs, ...store?.logConfig },
    };
  });
}

/** What the topology writes for others, the topic of dead letters included. */
function resultTopics(topology: Topology, { errorsDeadLetterQueueTopicName: deadLetters }: StreamsConfig): string[] {
  const sinks = sinkTopics(topology);
  if (deadLetters === null) return [...sinks];
  if (sourceTopics(topology).includes(deadLetters))
    throw millraceError('MR_RUNTIME_DEAD_LETTER_LOOP', { topic: deadLetters });
  return [...new Set([...sinks, deadLetters])];
}

/** Results are as wide as what they are made from; dead letters, which are few, have one partition. */
async function resultTopicsToMake(
  client: KafkaClient,
  config: StreamsConfig,
  plan: ApplicationPlan,
  results: readonly string[],
): Promise<readonly NewTopic[]> {
  const existing = await partitionsOf(client, results);
  const topics = results.filter((name) => !existing.has(name));
  if (topics.length > 0 && config.topics === 'require')
    throw millraceError('MR_RUNTIME_SINK_TOPIC_MISSING', { topics });
  const widths = new Map(plan.groups.map(({ subtopology, tasks }) => [subtopology, tasks]));
  return topics.map((name) => {
    const writers = plan.subtopologies.filter(({ nodes }) =>
      nodes.some((node) => node.kind === 'sink' && !node.internal && node.topic === name),
    );
    const partitions = Math.max(1, ...writers.map(({ id }) => widths.get(id) ?? 1));
    return timelessTopic(name, partitions, config.replicationFactor);
  });
}

/** Makes what is missing and waits until this client sees it. */
async function makeTopics(
  { client, clock, logger }: ApplicationTopicsOptions,
  topics: readonly NewTopic[],
): Promise<void> {
  const existing = await partitionsOf(
    client,
    topics.map(({ name }) => name),
  );
  const missing = topics.filter(({ name }) => !existing.has(name));
  if (missing.length === 0) return;
  const created = await client.admin.createTopics(missing);
  if (created.length > 0) logger.log('info', 'Topics were created.', { topics: created });
  const names = missing.map(({ name }) => name);
  for (let attempt = 0; attempt < lookup.times; attempt++) {
    if ((await partitionsOf(client, names)).size === names.length) return;
    await clock.sleep(lookup.everyMs);
  }
}

async function requirePartitions(client: KafkaClient, topics: readonly InternalTopic[]): Promise<void> {
  const found = await partitionsOf(
    client,
    topics.map(({ name }) => name),
  );
  for (const { name: topic, partitions: expected } of topics) {
    const partitions = found.get(topic) ?? 0;
    if (partitions !== expected)
      throw millraceError('MR_RUNTIME_INTERNAL_TOPIC_PARTITIONS', { topic, partitions, expected });
  }
}

/** Partition counts of the topics that exist. */
async function partitionsOf(client: KafkaClient, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (names.length === 0) return new Map();
  const views = await client.topics(names, { maxAgeMs: 0 });
  return new Map([...views].map(([name, { partitions }]) => [name, partitions.length]));
}
