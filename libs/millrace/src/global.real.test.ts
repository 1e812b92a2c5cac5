import { globalSuite } from './testdata/global-suite.ts';
import { realCluster } from './testdata/real-cluster.ts';

globalSuite('a real Kafka', () => Promise.resolve(realCluster()));
