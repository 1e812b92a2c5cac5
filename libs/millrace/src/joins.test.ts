import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { joinsSuite } from './testdata/joins-suite.ts';

joinsSuite('the embedded broker', () => Promise.resolve(embeddedCluster()));
