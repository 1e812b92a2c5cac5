import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { faultSuite } from './testdata/fault-suite.ts';

faultSuite('the embedded broker', () => Promise.resolve(embeddedCluster()));
