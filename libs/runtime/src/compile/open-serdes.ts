import type { SchemaSource } from '@millrace/serde';
import { changelogTopicName, internalTopicName, type Program, type Subtopology } from '@millrace/topology';

export interface SerdeSurroundings {
  readonly applicationId: string;
  readonly registry: SchemaSource | undefined;
}

/** Opens the serdes of a sub-topology, once for each topic and side: what they need from the registry is there before records flow. */
export async function openSerdes(
  program: Program,
  { nodes, stores }: Subtopology,
  { applicationId, registry }: SerdeSurroundings,
): Promise<void> {
  const uses = new Map<string, Promise<void>>();
  const use = (ref: string | null, topic: string, isKey: boolean): void => {
    const serde = ref === null ? undefined : program.serdes[ref];
    const at = `${ref} ${topic} ${isKey}`;
    if (serde?.open !== undefined && !uses.has(at)) uses.set(at, serde.open({ topic, isKey, registry }));
  };
  for (const node of nodes) {
    if (node.kind === 'processor') continue;
    for (const name of node.kind === 'source' ? node.topics : [node.topic]) {
      const topic = node.internal ? internalTopicName(applicationId, name) : name;
      use(node.keySerde, topic, true);
      use(node.valueSerde, topic, false);
    }
  }
  for (const { name, keySerde, valueSerde, sourceTopic } of stores) {
    const topic = sourceTopic ?? changelogTopicName(applicationId, name);
    use(keySerde, topic, true);
    use(valueSerde, topic, false);
  }
  await Promise.all(uses.values());
}
