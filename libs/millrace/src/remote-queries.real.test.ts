import { realCluster } from './testdata/real-cluster.ts';
import { remoteQuerySuite } from './testdata/remote-query-suite.ts';

remoteQuerySuite('a real Kafka', () => Promise.resolve(realCluster()));
