export { ClusterInputTopic, ClusterOutputTopic } from './cluster/cluster-clients.ts';
export { TopologyTestCluster, type ClusterOptions, type KillOptions } from './cluster/topology-test-cluster.ts';
export type { ProducedRecord } from './driver-output.ts';
export {
  TestInputTopic,
  TestOutputTopic,
  type InputTestRecord,
  type InputTopicOptions,
  type TestRecord,
  type TopicSerdes,
} from './test-topics.ts';
export { TopologyTestDriver, type DriverOptions, type InputRecord } from './topology-test-driver.ts';
