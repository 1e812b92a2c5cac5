import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { retentionSuite } from './testdata/retention-suite.ts';

retentionSuite('the embedded broker', () => Promise.resolve(embeddedCluster()));
