import { realCluster } from './testdata/real-cluster.ts';
import { headersSuite } from './testdata/headers-suite.ts';

headersSuite('a real Kafka', () => Promise.resolve(realCluster()));
