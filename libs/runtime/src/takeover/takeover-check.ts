/**
 * Whether an application of the JVM library can be taken over by a topology here: same `describe()`, same internal topics, an empty group, offsets that can
 * be gone on from, no open transaction. Reads only.
 */
import { MillraceError } from '@millrace/base';
import type { KafkaClient } from '@millrace/ports';
import { describe, type Program, type Topology } from '@millrace/topology';
import { presentTopology } from '../application/application-topics.ts';
import { planApplication, sinkTopics, sourceTopics, type ApplicationPlan } from '../application/application-plan.ts';
import type { StreamsConfig } from '../settings/config.ts';
import { requireCopartitions } from '../application/copartitions.ts';
import { globalTopics } from '../global/global-part.ts';
import { jvmMembers } from '../application/jvm-members.ts';
import { ClusterLooks, nameOf, partitionsOf } from './cluster-looks.ts';
import { descriptionFindings } from './description-findings.ts';
import { differs, fits, note, type Finding } from './finding.ts';
import { offsetFindings } from './offset-findings.ts';
import { topicFindings } from './topic-findings.ts';

export interface TakeoverCheckOptions {
  /** Connected. */
  readonly client: KafkaClient;
  readonly config: StreamsConfig;
  /** What the JVM application prints as its `describe()`; undefined: not compared. */
  readonly description: string | undefined;
}

/** Everything that was looked at, in order. Rejects when the cluster cannot be asked; what it does not allow is a finding. */
export async function takeoverCheck(program: Program, options: TakeoverCheckOptions): Promise<readonly Finding[]> {
  const { client, config, description } = options;
  const described =
    description === undefined
      ? [note('topology', 'describe() was not compared: no text of the JVM application was given.')]
      : descriptionFindings(description, describe(program.topology));
  const looks = new ClusterLooks(client, config);
  const group = await groupFindings(looks, config);
  const topology = await presentTopology(client, program.topology, config.applicationId);
  const topics = await topicsAndOffsets(topology, looks, config);
  const findings = [...described, ...topics, ...group, ...looks.refusals];
  return order.flatMap((about) => findings.filter((one) => one.about === about));
}

const order = ['topology', 'sources', 'internal topics', 'offsets', 'transactions', 'group'] as const;

/** True when nothing differs, and everything could be looked at. */
export function mayTakeOver(findings: readonly Finding[]): boolean {
  return findings.every(({ verdict }) => verdict === 'fits' || verdict === 'note');
}

async function topicsAndOffsets(
  topology: Topology,
  looks: ClusterLooks,
  config: StreamsConfig,
): Promise<readonly Finding[]> {
  const names = [...sourceTopics(topology), ...globalTopics(topology)];
  const counts = await looks.partitionCounts('sources', names);
  const missing = names.filter((name) => !counts.has(name));
  const wanting = [...(missing.length > 0 ? [missingSources(missing)] : []), ...(await missingSinks(topology, looks))];
  const sources = new Map([...counts].flatMap(([name, count]) => (count === null ? [] : [[name, count] as const])));
  if (sources.size < names.length) return [...wanting, restNotCompared];
  try {
    return [sourcesFit(sources), ...wanting, ...(await planFindings(topology, sources, looks, config))];
  } catch (error) {
    if (!MillraceError.is(error) || error.severity !== 'user') throw error;
    return [...wanting, differs('sources', error.message, error.remedy)];
  }
}

async function planFindings(
  topology: Topology,
  sources: ReadonlyMap<string, number>,
  looks: ClusterLooks,
  config: StreamsConfig,
): Promise<readonly Finding[]> {
  const { applicationId, bootstrapServers, windowstoreChangelogAdditionalRetentionMs: additionalRetentionMs } = config;
  const plan = planApplication(topology, { applicationId, sourcePartitions: sources, additionalRetentionMs });
  requireCopartitions(plan);
  const wanted = plan.internalTopics.map(({ name }) => name);
  const listed = (await looks.client.listTopics()).filter((name) => name.startsWith(`${applicationId}-`));
  const found = await looks.partitionCounts('internal topics', [...new Set([...wanted, ...listed])]);
  const seen = [...found.keys()].filter((name) => found.get(name) !== null);
  const committed = await looks.committed();
  const inputs = partitionsOf([...plan.inputs.keys()], new Map([...sources, ...found]));
  const kept = committed?.length === 0 && (await keepsState(looks, plan, found));
  return [
    ...topicFindings({
      applicationId,
      wanted: plan.internalTopics,
      found,
      settings: await looks.settings(seen),
      hasRun: committed !== undefined && committed.length > 0,
      bootstrapServers: bootstrapServers.join(','),
    }),
    ...(committed === undefined
      ? []
      : offsetFindings({
          applicationId,
          committed,
          inputs,
          logs: await looks.logs(inputs),
          stores: new Set(topology.stores.map(({ name }) => name)),
          kept,
        })),
    ...(await transactionFindings(looks, plan, found)),
  ];
}

/** State that is kept without offsets that belong to it. */
async function keepsState(
  looks: ClusterLooks,
  { internalTopics }: ApplicationPlan,
  found: ReadonlyMap<string, number | null>,
): Promise<boolean> {
  const changelogs = internalTopics.filter(({ kind }) => kind === 'changelog').map(({ name }) => name);
  const hold = await looks.reading(changelogs, () => looks.holdRecords(partitionsOf(changelogs, found)));
  return hold ?? false;
}

async function groupFindings(looks: ClusterLooks, { applicationId }: StreamsConfig): Promise<readonly Finding[]> {
  const { admin } = looks.client;
  const jvm = await looks.ofGroup('group', 'Members', () => jvmMembers(admin, applicationId));
  if (jvm === undefined) return [];
  if (jvm.length > 0)
    return [
      differs(
        'group',
        `Instances of the JVM library run it now: ${jvm.join(', ')}.`,
        'Stop all of them. An instance that was closed or crashed stays a member until its session.timeout.ms has passed (45 s unless it is set): Kafka Streams leaves its group only where close() is told to.',
      ),
    ];
  const { state, members, protocol } = await admin.describeGroup(applicationId);
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
  looks: ClusterLooks,
  { internalTopics }: ApplicationPlan,
  found: ReadonlyMap<string, number | null>,
): Promise<readonly Finding[]> {
  const internal = partitionsOf(
    internalTopics.map(({ name }) => name),
    found,
  );
  const open = await looks.openPartitions(internal);
  if (open.length === 0) return [fits('transactions', 'No transaction is open on internal topics.')];
  return [
    differs(
      'transactions',
      `A transaction is open on ${open.map(nameOf).join(', ')}.`,
      'An instance that crashed left it: it is aborted after its transaction.timeout.ms (10 s unless it is set); check again then. One that stays: kafka-transactions.sh find-hanging, then abort.',
    ),
  ];
}

function missingSources(topics: readonly string[]): Finding {
  return differs(
    'sources',
    `Topics that this topology reads are not there: ${topics.join(', ')}.`,
    'Correct the names (the JVM application reads other ones), or look at another cluster.',
  );
}

const restNotCompared = note(
  'internal topics',
  'Internal topics and offsets were not compared: they hang on the number of partitions of all sources.',
);

/** The application would find out with its first result. */
async function missingSinks(topology: Topology, looks: ClusterLooks): Promise<readonly Finding[]> {
  const names = sinkTopics(topology).filter((name) => name !== '');
  const counts = await looks.partitionCounts('sources', names);
  const missing = names.filter((name) => !counts.has(name));
  if (missing.length === 0) return [];
  return [
    note(
      'sources',
      `Topics that this topology writes to are not there: ${missing.join(', ')}.`,
      'If the JVM application has written to other ones, correct the names; else make them before the start.',
    ),
  ];
}

function sourcesFit(sources: ReadonlyMap<string, number>): Finding {
  const each = [...sources].map(([topic, partitions]) => `${topic} (${partitions})`);
  return fits('sources', `All sources are there, with their partitions: ${each.join(', ')}.`);
}
