import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { standbySuite } from './testdata/standby-suite.ts';

standbySuite('the embedded broker', () => Promise.resolve(embeddedCluster()));
