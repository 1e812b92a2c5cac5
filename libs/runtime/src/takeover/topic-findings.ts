/** Whether the internal topics of an application are those of a topology here. Nothing is changed. */
import type { InternalTopic } from '@millrace/topology';
import { wrongCleanups, type TopicSettings } from '../application/internal-cleanup.ts';
import { differs, fits, note, type Finding } from './finding.ts';

export interface TopicFacts {
  readonly applicationId: string;
  /** As the topology needs them. */
  readonly wanted: readonly InternalTopic[];
  /** Partitions of all topics of the cluster whose names begin with the application's id; null where they must not be looked at. */
  readonly found: ReadonlyMap<string, number | null>;
  readonly settings: TopicSettings;
  /** The application has committed offsets: it has run. */
  readonly hasRun: boolean;
  readonly bootstrapServers: string;
}

/** Names that only Kafka Streams gives. */
const internalName = /-(changelog|repartition|registration-topic|response-topic)$|-KTABLE-FK-JOIN-.*-topic$/;

export function topicFindings(facts: TopicFacts): readonly Finding[] {
  const { wanted } = facts;
  if (wanted.length === 0 && unexpected(facts).length === 0)
    return [fits('internal topics', 'The topology needs none, and there are none.')];
  return [...wanted.flatMap((topic) => wantedFindings(facts, topic)), ...unexpected(facts)];
}

function wantedFindings(facts: TopicFacts, topic: InternalTopic): readonly Finding[] {
  const { found, hasRun, settings } = facts;
  const partitions = found.get(topic.name);
  if (partitions === undefined) return [missing(topic, hasRun)];
  if (partitions === null) return [];
  if (partitions !== topic.partitions)
    return [
      differs(
        'internal topics',
        `${topic.name} has ${partitions} partitions; this topology needs ${topic.partitions}.`,
        'Sources are read or joined differently here, repartition() asks for another number, or a source was widened after the JVM application had begun. Give the topology the numbers of the JVM application.',
      ),
    ];
  const faults = settingFindings(facts, topic, settings.get(topic.name) ?? new Map());
  const policy = settings.get(topic.name)?.get('cleanup.policy') ?? 'not known';
  return faults.length > 0
    ? faults
    : [fits('internal topics', `${topic.name}: ${partitions} partitions, cleanup.policy=${policy}.`)];
}

function missing({ name, kind, partitions }: InternalTopic, hasRun: boolean): Finding {
  if (!hasRun)
    return note('internal topics', `${name} is not there; it is made at the start, with ${partitions} partitions.`);
  return differs(
    'internal topics',
    `${name} is not there, though the application has run.`,
    kind === 'changelog'
      ? 'Starting now would begin with an empty store. Either the JVM application keeps this state under another name, or without a changelog: name the store as it does (Materialized.as), and describe() is equal. Or the topic was deleted: only a reset of the application (kafka-streams-application-reset.sh) builds the state anew.'
      : 'The JVM application does not send records through this topic: its operators or their names differ, or topology.optimization does.',
  );
}

function settingFindings(
  { bootstrapServers }: TopicFacts,
  topic: InternalTopic,
  settings: ReadonlyMap<string, string>,
): readonly Finding[] {
  const { name, configs } = topic;
  const mending = (change: string): string =>
    `kafka-configs.sh --bootstrap-server ${bootstrapServers} --alter --entity-type topics --entity-name ${name} --add-config '${change}'`;
  const [wrong] = wrongCleanups([topic], new Map([[name, settings]]));
  if (wrong !== undefined)
    return [
      differs('internal topics', `${name} has cleanup.policy=${wrong.policy}. ${wrong.loses}`, mending(wrong.mend)),
    ];
  return (['cleanup.policy', 'retention.ms', 'min.compaction.lag.ms'] as const).flatMap((setting) => {
    const [is, should] = [settings.get(setting), configs[setting]];
    if (is === undefined || should === undefined || isEnough(setting, is, should)) return [];
    const change = setting === 'cleanup.policy' ? `${setting}=[${should}]` : `${setting}=${should}`;
    return [
      note(
        'internal topics',
        `${name} has ${setting}=${is}; the library would make it with ${should}.`,
        mending(change),
      ),
    ];
  });
}

/** Keeping more than is needed is no fault. */
function isEnough(setting: string, is: string, should: string): boolean {
  if (setting === 'cleanup.policy') return [...is.split(',')].sort().join() === [...should.split(',')].sort().join();
  const keeps = (text: string): number => (text === '-1' ? Infinity : Number(text));
  return keeps(is) >= keeps(should);
}

/** Internal topics that the topology knows nothing of. */
function unexpected({ applicationId, wanted, found }: TopicFacts): readonly Finding[] {
  const known = new Set(wanted.map(({ name }) => name));
  return [...found.keys()]
    .filter((name) => name.startsWith(`${applicationId}-`) && internalName.test(name) && !known.has(name))
    .map((name) =>
      note(
        'internal topics',
        `${name} is there, and this topology does not use it.`,
        `Either the JVM application has a store or a repartition that is missing here (then describe() differs too), or it is left from an earlier version, or it belongs to another application whose id begins with ${applicationId}.`,
      ),
    );
}
