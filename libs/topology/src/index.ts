export { describe } from './describe.ts';
export {
  internalTopics,
  type InternalTopic,
  type InternalTopicOptions,
  type InternalTopics,
} from './internal-topics.ts';
export { changelogTopicName, internalTopicName, requireName } from './names.ts';
export { storesOf, subtopologies, type Subtopology } from './subtopologies.ts';
export type { EmitStrategy, FunctionRef, Operation, SerdeRef, TimeWindowsSpec } from './operation.ts';
export type {
  Program,
  ProcessorNode,
  RepartitionTopicSpec,
  SinkNode,
  SourceNode,
  StoreSpec,
  Topology,
  TopologyNode,
} from './topology.ts';
