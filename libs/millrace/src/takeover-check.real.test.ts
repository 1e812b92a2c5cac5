import { realCluster } from './testdata/real-cluster.ts';
import { takeoverCheckSuite } from './testdata/takeover-check-suite.ts';

takeoverCheckSuite('a real Kafka', () => Promise.resolve(realCluster()));
