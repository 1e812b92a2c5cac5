/** Inputs that meet in one store must be split alike: the same key must be in the same partition of each. */
import { millraceError } from '@millrace/base';
import { internalTopicName, storesOf, type Subtopology, type TopologyNode } from '@millrace/topology';
import type { ApplicationPlan } from './application-plan.ts';

/** Throws MR_RUNTIME_COPARTITION for a store or a join whose inputs differ in their number of partitions. */
export function requireCopartitions(plan: ApplicationPlan): void {
  for (const part of plan.subtopologies) {
    for (const node of part.nodes) {
      if (storesOf(node).length === 0) continue;
      requireSameCount(plan, part.id, inputsOf(plan, part, node));
    }
  }
  for (const topics of plan.copartitions) {
    const { subtopology = 0 } =
      plan.groups.find(({ inputs }) => inputs.some(({ topic }) => topics.includes(topic))) ?? {};
    requireSameCount(plan, subtopology, topics);
  }
}

function requireSameCount({ inputs }: ApplicationPlan, subtopology: number, topics: readonly string[]): void {
  const counts = topics.map((topic) => inputs.get(topic)?.partitions ?? 0);
  if (new Set(counts).size <= 1) return;
  const named = topics.map((topic, i) => `${topic} (${counts[i]})`);
  throw millraceError('MR_RUNTIME_COPARTITION', { subtopology, counts: named });
}

/** Topics whose records reach a node. */
function inputsOf({ applicationId }: ApplicationPlan, { nodes }: Subtopology, from: TopologyNode): readonly string[] {
  const topics = new Set<string>();
  const seen = new Set<string>();
  const visit = (node: TopologyNode): void => {
    if (seen.has(node.name)) return;
    seen.add(node.name);
    if (node.kind === 'source') {
      for (const topic of node.topics) topics.add(node.internal ? internalTopicName(applicationId, topic) : topic);
    } else for (const parent of nodes) if (node.parents.includes(parent.name)) visit(parent);
  };
  visit(from);
  return [...topics];
}
