import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { headersSuite } from './testdata/headers-suite.ts';

headersSuite('the embedded broker', () => Promise.resolve(embeddedCluster()));
