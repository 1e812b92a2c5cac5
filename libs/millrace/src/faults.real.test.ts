import { faultSuite } from './testdata/fault-suite.ts';
import { realCluster } from './testdata/real-cluster.ts';

faultSuite('a real Kafka', () => Promise.resolve(realCluster()));
