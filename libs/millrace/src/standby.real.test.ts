import { realCluster } from './testdata/real-cluster.ts';
import { standbySuite } from './testdata/standby-suite.ts';

standbySuite('a real Kafka', () => Promise.resolve(realCluster()));
