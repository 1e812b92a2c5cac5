import { realCluster } from './testdata/real-cluster.ts';
import { retentionSuite } from './testdata/retention-suite.ts';

retentionSuite('a real Kafka', () => Promise.resolve(realCluster()));
