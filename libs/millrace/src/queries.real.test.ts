import { querySuite } from './testdata/query-suite.ts';
import { realCluster } from './testdata/real-cluster.ts';

querySuite('a real Kafka', () => Promise.resolve(realCluster()));
