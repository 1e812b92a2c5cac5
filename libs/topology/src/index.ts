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
