import { realCluster } from './testdata/real-cluster.ts';
import { joinsSuite } from './testdata/joins-suite.ts';

joinsSuite('a real Kafka', () => Promise.resolve(realCluster()));
