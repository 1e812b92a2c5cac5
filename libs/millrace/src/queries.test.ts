import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { querySuite } from './testdata/query-suite.ts';

querySuite('the embedded broker', () => Promise.resolve(embeddedCluster()));
