import { millraceError } from '@millrace/base';
import { copartitions } from './copartitions.ts';
import { internalTopicConfigs, type TopicPurpose } from './internal-topic-configs.ts';
import { changelogTopicName, internalTopicName } from './names.ts';
import { subtopologies, type Subtopology } from './subtopologies.ts';
import { patternText, topicPatterns } from './topic-pattern.ts';
import type { StoreSpec, Topology } from './topology.ts';

/** A topic that the application needs for itself, with the JVM library's name and settings. */
export interface InternalTopic {
  readonly kind: 'repartition' | 'changelog';
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

export interface InternalTopicOptions {
  readonly applicationId: string;
  /** Partitions of the user topics that the topology reads. */
  readonly sourcePartitions: ReadonlyMap<string, number>;
  /** windowstore.changelog.additional.retention.ms. @default 86400000 */
  readonly additionalRetentionMs?: number;
}

/** What all sub-topologies need, and how many tasks each has. */
export interface InternalTopics {
  readonly topics: readonly InternalTopic[];
  /** Sub-topology id -> number of tasks: the widest of its inputs. */
  readonly tasks: ReadonlyMap<number, number>;
}

/**
 * Repartition topics are as wide as the widest input of the sub-topologies that write them (through chains), changelogs as wide as their
 * sub-topology. Throws MR_TOPOLOGY_SOURCE_MISSING for user topics without a partition count.
 */
export function internalTopics(topology: Topology, options: InternalTopicOptions): InternalTopics {
  const parts = subtopologies(topology);
  const widths = repartitionWidths(topology, parts, options.sourcePartitions);
  const tasks = new Map(parts.map((part) => [part.id, inputWidth(part, options.sourcePartitions, widths) ?? 0]));
  requireWidths(topology, widths);
  const repartition = topology.repartitionTopics.map(({ name }): InternalTopic => ({
    kind: 'repartition',
    name: internalTopicName(options.applicationId, name),
    partitions: widths.get(name) ?? 1,
    configs: internalTopicConfigs({ kind: 'repartition' }),
  }));
  // A sub-topology whose pattern matches nothing yet has no tasks, and needs no changelogs.
  const changelogs = parts.flatMap((part) =>
    (tasks.get(part.id) === 0 ? [] : part.stores)
      .filter(({ logging }) => logging)
      .map((store): InternalTopic => ({
        kind: 'changelog',
        name: changelogTopicName(options.applicationId, store.name),
        partitions: tasks.get(part.id) ?? 1,
        configs: changelogConfigs(store, options.additionalRetentionMs),
      })),
  );
  return { topics: [...repartition, ...changelogs], tasks };
}

/** Nobody can tell how wide a repartition topic is whose inputs are not there (JVM). */
function requireWidths({ nodes }: Topology, widths: ReadonlyMap<string, number>): void {
  const topics = topicPatterns({ nodes }).map(patternText);
  if ([...widths.values()].includes(0)) throw millraceError('MR_TOPOLOGY_SOURCE_MISSING', { topics });
}

function changelogConfigs(
  { window, history, logConfig: settings }: StoreSpec,
  additionalRetentionMs = 86_400_000,
): InternalTopic['configs'] {
  return internalTopicConfigs(purposeOf(window, history), { additionalRetentionMs, settings });
}

function purposeOf(window: StoreSpec['window'], history: StoreSpec['history']): TopicPurpose {
  if (history !== undefined) return { kind: 'versioned', historyRetentionMs: history.historyMs };
  if (window === null) return { kind: 'table' };
  return { kind: 'windows', retentionMs: window.changelogRetentionMs ?? window.retentionMs };
}

/**
 * Widths of repartition topics by name. Chains of them settle from their beginning; where some wait for each other, as in a foreign-key join, those inputs
 * count that are known.
 */
function repartitionWidths(
  topology: Topology,
  parts: readonly Subtopology[],
  sources: ReadonlyMap<string, number>,
): Map<string, number> {
  const widths = new Map(
    topology.repartitionTopics.flatMap(({ name, partitions }) =>
      partitions === null ? [] : [[name, partitions] as const],
    ),
  );
  const open = topology.repartitionTopics.map(({ name }) => name).filter((name) => !widths.has(name));
  const widthOf = (topic: string, widthOfInputs: typeof inputWidth): number | undefined => {
    const writers = parts.filter(({ repartitionSinks }) => repartitionSinks.includes(topic));
    const inputs = writers.map((part) => widthOfInputs(part, sources, widths));
    return inputs.length === 0 || inputs.includes(undefined) ? undefined : Math.max(...(inputs as number[]));
  };
  while (open.length > 0) {
    const inputs = open.some((topic) => widthOf(topic, inputWidth) !== undefined) ? inputWidth : knownWidth;
    const at = open.findIndex((topic) => widthOf(topic, inputs) !== undefined);
    if (at < 0) break;
    const [topic] = open.splice(at, 1) as [string];
    widths.set(topic, widthOf(topic, inputs) as number);
  }
  for (const group of copartitions(topology)) joinWidths(topology, [...group], sources, widths);
  return widths;
}

/** Repartition topics of a join are as wide as the user topics that are joined with them, else as the widest of them. */
function joinWidths(
  { repartitionTopics }: Topology,
  group: readonly string[],
  sources: ReadonlyMap<string, number>,
  widths: Map<string, number>,
): void {
  const internal = repartitionTopics.filter(({ name }) => group.includes(name));
  const others = group.filter((topic) => internal.every(({ name }) => name !== topic));
  const counts =
    others.length > 0 ? others.map((topic) => sources.get(topic)) : internal.map(({ name }) => widths.get(name));
  const width = Math.max(...counts.map((count) => count ?? 1));
  for (const { name, partitions } of internal) if (partitions === null) widths.set(name, width);
}

/** The widest input; undefined as long as one is not known. */
function inputWidth(
  part: Subtopology,
  sources: ReadonlyMap<string, number>,
  widths: ReadonlyMap<string, number>,
): number | undefined {
  const isOpen = part.repartitionSources.some((topic) => !widths.has(topic));
  return isOpen ? undefined : (knownWidth(part, sources, widths) ?? 0);
}

/** The widest of the inputs that are known; undefined when none is. */
function knownWidth(
  part: Subtopology,
  sources: ReadonlyMap<string, number>,
  widths: ReadonlyMap<string, number>,
): number | undefined {
  const missing = part.sourceTopics.filter((topic) => !sources.has(topic));
  if (missing.length > 0) throw millraceError('MR_TOPOLOGY_SOURCE_MISSING', { topics: missing });
  const counts = [
    ...part.sourceTopics.map((topic) => sources.get(topic)),
    ...part.repartitionSources.map((topic) => widths.get(topic)),
  ].filter((count) => count !== undefined);
  return counts.length === 0 ? undefined : Math.max(...counts);
}
