import { realCluster } from './testdata/real-cluster.ts';
import { scaleSuite } from './testdata/scale-suite.ts';

scaleSuite('a real Kafka', () => Promise.resolve(realCluster()));
