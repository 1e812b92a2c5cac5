/**
 * Whether an application of the JVM library can be taken over by a topology here: same `describe()`, same internal topics, an empty group, offsets that can
 * be gone on from, no open transaction. Reads only.
 */
import { MillraceError } from '@millrace/base';
import type { KafkaClient, TopicPartition } from '@millrace/ports';
import { describe, type Program, type Topology } from '@millrace/topology';
import { presentTopology } from '../application/application-topics.ts';
import { partitionsTo, planApplication, sourceTopics, type ApplicationPlan } from '../application/application-plan.ts';
import type { StreamsConfig } from '../settings/config.ts';
import { requireCopartitions } from '../application/copartitions.ts';
import { jvmMembers } from '../application/jvm-members.ts';
import { descriptionFindings } from './description-findings.ts';
import { differs, fits, note, type Finding } from './finding.ts';
import { nameOf, offsetFindings } from './offset-findings.ts';
import { topicFindings } from './topic-findings.ts';

export interface TakeoverCheckOptions {
  /** Connected. */
  readonly client: KafkaClient;
  readonly config: StreamsConfig;
  /** What the JVM application prints as its `describe()`; undefined: not compared. */
  readonly description: string | undefined;
}

/** Everything that was looked at, in order. Rejects when the cluster cannot be asked. */
export async function takeoverCheck(program: Program, options: TakeoverCheckOptions): Promise<readonly Finding[]> {
  const { topology } = program;
  const { description } = options;
  const described =
    description === undefined
      ? [note('topology', 'describe() was not compared: no text of the JVM application was given.')]
      : descriptionFindings(description, describe(topology));
  const group = await groupFindings(options);
  const present = await presentTopology(options.client, topology, options.config.applicationId);
  const sources = await sourcePartitions(present, options);
  const missing = [...sources].filter(([, partitions]) => partitions === 0).map(([topic]) => topic);
  if (missing.length > 0) return [...described, missingSources(missing), ...group];
  try {
    return [...described, sourcesFit(sources), ...(await planFindings(present, sources, options)), ...group];
  } catch (error) {
    if (!MillraceError.is(error) || error.severity !== 'user') throw error;
    return [...described, differs('sources', error.message, error.remedy), ...group];
  }
}

/** True when nothing differs. */
export function mayTakeOver(findings: readonly Finding[]): boolean {
  return findings.every(({ verdict }) => verdict !== 'differs');
}

async function planFindings(
  topology: Topology,
  sources: ReadonlyMap<string, number>,
  { client, config }: TakeoverCheckOptions,
): Promise<readonly Finding[]> {
  const { applicationId, bootstrapServers } = config;
  const plan = planApplication(topology, {
    applicationId,
    sourcePartitions: sources,
    additionalRetentionMs: config.windowstoreChangelogAdditionalRetentionMs,
  });
  requireCopartitions(plan);
  const names = (await client.listTopics()).filter((name) => name.startsWith(`${applicationId}-`));
  const found = await partitionCounts(client, names);
  const committed = await client.admin.groupOffsets(applicationId);
  const inputs = [...plan.inputs.values()].flatMap(({ topic }) =>
    partitionsTo(topic, found.get(topic) ?? sources.get(topic) ?? 0),
  );
  return [
    ...topicFindings({
      applicationId,
      wanted: plan.internalTopics,
      found,
      settings: await client.admin.topicConfigs(names),
      hasRun: committed.length > 0,
      bootstrapServers: bootstrapServers.join(','),
    }),
    ...offsetFindings({
      committed,
      inputs,
      logs: await logsOf(client, inputs),
      stores: new Set(topology.stores.map(({ name }) => name)),
    }),
    ...(await transactionFindings(client, plan, found)),
  ];
}

async function groupFindings({ client, config }: TakeoverCheckOptions): Promise<readonly Finding[]> {
  const { applicationId } = config;
  const jvm = await jvmMembers(client.admin, applicationId);
  if (jvm.length > 0)
    return [
      differs(
        'group',
        `Instances of the JVM library run it now: ${jvm.join(', ')}.`,
        'Stop all of them. One that crashed stays a member until its session.timeout.ms has passed (45 s unless it is set).',
      ),
    ];
  const { state, members, protocol } = await client.admin.describeGroup(applicationId);
  if (members.length === 0)
    return [fits('group', state === 'Dead' ? 'Nobody is in the group.' : `Nobody is in the group; it is ${state}.`)];
  const who = members.map(({ clientId, clientHost }) => `${clientId} at ${clientHost}`).join(', ');
  return [
    differs(
      'group',
      `The group has members (${protocol === '' ? `it is ${state}` : `assignor ${protocol}`}): ${who}.`,
      'Stop them and check again; while the group rebalances they cannot be told apart. If they are Millrace workers, the application was taken over already.',
    ),
  ];
}

/** Records that are neither committed nor aborted hold up everybody who reads committed ones only. */
async function transactionFindings(
  { admin }: KafkaClient,
  { internalTopics }: ApplicationPlan,
  found: ReadonlyMap<string, number>,
): Promise<readonly Finding[]> {
  const internal = internalTopics.flatMap(({ name }) => partitionsTo(name, found.get(name) ?? 0));
  const open = await openPartitions(admin, internal);
  if (open.length === 0) return [fits('transactions', 'No transaction is open on internal topics.')];
  return [
    differs(
      'transactions',
      `A transaction is open on ${open.map(nameOf).join(', ')}.`,
      'An instance that crashed left it: it is aborted after its transaction.timeout.ms (10 s unless it is set); check again then. One that stays: kafka-transactions.sh find-hanging, then abort.',
    ),
  ];
}

async function openPartitions(
  admin: KafkaClient['admin'],
  partitions: readonly TopicPartition[],
): Promise<readonly TopicPartition[]> {
  const stable = await admin.listOffsets(partitions, 'latest', 'read_committed');
  const ends = new Map(
    (await admin.listOffsets(partitions, 'latest', 'read_uncommitted')).map((one) => [nameOf(one), one.offset]),
  );
  return stable.filter((one) => one.offset < (ends.get(nameOf(one)) ?? 0));
}

async function logsOf(
  { admin }: KafkaClient,
  partitions: readonly TopicPartition[],
): Promise<ReadonlyMap<string, { readonly first: number; readonly end: number }>> {
  const firsts = await admin.listOffsets(partitions, 'earliest', 'read_uncommitted');
  const ends = new Map(
    (await admin.listOffsets(partitions, 'latest', 'read_uncommitted')).map((one) => [nameOf(one), one.offset]),
  );
  return new Map(firsts.map((one) => [nameOf(one), { first: one.offset, end: ends.get(nameOf(one)) ?? one.offset }]));
}

/** 0 for topics that are not there. */
async function sourcePartitions(
  topology: Topology,
  { client }: TakeoverCheckOptions,
): Promise<ReadonlyMap<string, number>> {
  const names = sourceTopics(topology);
  const found = await partitionCounts(client, names);
  return new Map(names.map((name) => [name, found.get(name) ?? 0]));
}

async function partitionCounts(client: KafkaClient, names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (names.length === 0) return new Map();
  const views = await client.topics(names, { maxAgeMs: 0 });
  return new Map([...views].map(([name, { partitions }]) => [name, partitions.length]));
}

function missingSources(topics: readonly string[]): Finding {
  return differs(
    'sources',
    `Topics that this topology reads are not there: ${topics.join(', ')}.`,
    'Correct the names (the JVM application reads other ones), or look at another cluster. Internal topics and offsets were not compared.',
  );
}

function sourcesFit(sources: ReadonlyMap<string, number>): Finding {
  const each = [...sources].map(([topic, partitions]) => `${topic} (${partitions})`);
  return fits('sources', `All sources are there, with their partitions: ${each.join(', ')}.`);
}
