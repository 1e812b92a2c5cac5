/** What a topology means for its cluster: topics by their full names, tasks, what to subscribe to. Pure; made once at start. */
import { millraceError } from '@millrace/base';
import { murmur2 } from '@millrace/protocol';
import type { TopicPartition } from '@millrace/ports';
import {
  copartitionTopics,
  internalTopicName,
  internalTopics,
  patternText,
  subtopologies,
  type InternalTopic,
  type OffsetReset,
  type Subtopology,
  type Topology,
} from '@millrace/topology';
import type { DeadLetterTopic } from '../task/dead-letter.ts';
import { globalPart } from '../global/global-part.ts';
import { taskIdText, type TaskId } from '../task/stream-task.ts';

/** A topic that the application reads. */
export interface InputTopic {
  readonly topic: string;
  readonly subtopology: number;
  readonly partitions: number;
  /** A repartition topic: its records may be deleted once they are committed. */
  readonly internal: boolean;
  /** Null: as configured. */
  readonly offsetReset: OffsetReset | null;
}

/** The tasks of one sub-topology. */
export interface TaskGroup {
  readonly subtopology: number;
  readonly tasks: number;
  readonly inputs: readonly InputTopic[];
}

export interface ApplicationPlan {
  readonly applicationId: string;
  readonly subtopologies: readonly Subtopology[];
  readonly groups: readonly TaskGroup[];
  /** By full topic name; its keys are what the group subscribes to. */
  readonly inputs: ReadonlyMap<string, InputTopic>;
  readonly internalTopics: readonly InternalTopic[];
  /** Topics that must have the same number of partitions. */
  readonly copartitions: readonly (readonly string[])[];
  /** Everything that tasks write to. */
  readonly outputs: readonly string[];
  /** What persists and would not fit another topology, as a short text. */
  readonly fingerprint: string;
  readonly hasState: boolean;
  /** What fills the global stores, with all partitions of its topics. */
  readonly global: { readonly part: Subtopology; readonly inputs: readonly TopicPartition[] } | null;
  /** Known once the topics are there. */
  readonly deadLetters: DeadLetterTopic | null;
}

export interface PlanOptions {
  readonly applicationId: string;
  /** Partitions of the user topics that are read. */
  readonly sourcePartitions: ReadonlyMap<string, number>;
  readonly additionalRetentionMs: number;
}

/** User topics that a topology reads, without duplicates. */
export function sourceTopics(topology: Topology): readonly string[] {
  return [...new Set(subtopologies(topology).flatMap((part) => part.sourceTopics))];
}

/** User topics that a topology writes to, without duplicates. */
export function sinkTopics(topology: Topology): readonly string[] {
  const sinks = topology.nodes.flatMap((node) => (node.kind === 'sink' && !node.internal ? [node.topic] : []));
  return [...new Set(sinks)];
}

export function planApplication(topology: Topology, options: PlanOptions): ApplicationPlan {
  const { applicationId, sourcePartitions } = options;
  const parts = subtopologies(topology);
  const internal = internalTopics(topology, options);
  const partitions = new Map(sourcePartitions);
  for (const topic of internal.topics) partitions.set(topic.name, topic.partitions);
  const groups = parts.map((part): TaskGroup => {
    const inputs = inputsOf(part, applicationId, partitions);
    return { subtopology: part.id, tasks: internal.tasks.get(part.id) ?? 0, inputs };
  });
  return {
    applicationId,
    subtopologies: parts,
    groups,
    inputs: new Map(groups.flatMap(({ inputs }) => inputs.map((input) => [input.topic, input]))),
    internalTopics: internal.topics,
    copartitions: copartitionTopics(topology, applicationId),
    outputs: [...internal.topics.map(({ name }) => name), ...sinkTopics(topology)],
    fingerprint: fingerprintOf(parts),
    hasState: topology.stores.length > 0 || topology.repartitionTopics.length > 0,
    global: globalOf(topology, sourcePartitions),
    deadLetters: null,
  };
}

function globalOf(topology: Topology, partitions: ReadonlyMap<string, number>): ApplicationPlan['global'] {
  const part = globalPart(topology);
  if (part === undefined) return null;
  const inputs = part.sourceTopics.flatMap((topic) => partitionsTo(topic, partitions.get(topic) ?? 0));
  return { part, inputs };
}

/** The partitions of a topic that has so many. */
export function partitionsTo(topic: string, count: number): readonly TopicPartition[] {
  return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
}

/** Input partitions of a task: those of its sub-topology's topics that exist. */
export function taskInputs({ groups }: ApplicationPlan, { subtopology, partition }: TaskId): readonly TopicPartition[] {
  const inputs = groups.find((group) => group.subtopology === subtopology)?.inputs ?? [];
  return inputs.filter(({ partitions }) => partition < partitions).map(({ topic }) => ({ topic, partition }));
}

/** The tasks that partitions belong to, by their text, in the order of sub-topology and partition. */
export function tasksOf(plan: ApplicationPlan, partitions: readonly TopicPartition[]): ReadonlyMap<string, TaskId> {
  const ids = partitions.flatMap(({ topic, partition }): TaskId[] => {
    const input = plan.inputs.get(topic);
    return input === undefined ? [] : [{ subtopology: input.subtopology, partition }];
  });
  ids.sort((a, b) => a.subtopology - b.subtopology || a.partition - b.partition);
  return new Map(ids.map((id) => [taskIdText(id), id]));
}

function inputsOf(
  part: Subtopology,
  applicationId: string,
  partitions: ReadonlyMap<string, number>,
): readonly InputTopic[] {
  const sources = part.nodes.filter((node) => node.kind === 'source');
  const input = (name: string, internal: boolean): InputTopic => {
    const topic = internal ? internalTopicName(applicationId, name) : name;
    const source = sources.find((node) => node.internal === internal && node.topics.includes(name));
    return {
      topic,
      subtopology: part.id,
      partitions: partitions.get(topic) ?? 0,
      internal,
      offsetReset: internal ? 'earliest' : (source?.offsetReset ?? null),
    };
  };
  return [
    ...part.sourceTopics.map((name) => input(name, false)),
    ...part.repartitionSources.map((name) => input(name, true)),
  ];
}

/** Changes of functions and of names that nothing is stored under go unseen: those may be rolled out one process after another. */
function fingerprintOf(parts: readonly Subtopology[]): string {
  const persistent = parts.map(({ id, nodes, sourceTopics: sources, repartitionSources, repartitionSinks, stores }) => [
    id,
    subscribed(nodes, sources).sort(),
    [...repartitionSources].sort(),
    [...repartitionSinks].sort(),
    stores
      .map(({ name, kind, window, sourceTopic }) => [
        name,
        kind,
        window?.sizeMs ?? 0,
        ...(sourceTopic === undefined ? [] : [sourceTopic]),
      ])
      .sort(),
  ]);
  return (murmur2(Buffer.from(JSON.stringify(persistent))) >>> 0).toString(16).padStart(8, '0');
}

/** Topics by name, and patterns in place of what they match at the moment: instances that have not seen a new topic yet are of the same topology. */
function subscribed(nodes: Subtopology['nodes'], topics: readonly string[]): string[] {
  const sources = nodes.filter((node) => node.kind === 'source');
  const matched = new Set(sources.flatMap((node) => (node.pattern === undefined ? [] : node.topics)));
  const patterns = sources.flatMap(({ pattern }) => (pattern === undefined ? [] : [patternText(pattern)]));
  return [...topics.filter((topic) => !matched.has(topic)), ...patterns];
}

/** Throws MR_RUNTIME_PARTITIONS_CHANGED when inputs are not as wide any more as the plan's stores and topics were made for. */
export function requireSamePartitions(plan: ApplicationPlan, counts: ReadonlyMap<string, number>): void {
  if (!plan.hasState) return;
  for (const { topic, partitions: expected } of plan.inputs.values()) {
    const partitions = counts.get(topic);
    if (partitions !== undefined && partitions !== expected)
      throw millraceError('MR_RUNTIME_PARTITIONS_CHANGED', { topic, partitions, expected });
  }
}
