import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { scaleSuite } from './testdata/scale-suite.ts';

scaleSuite('the embedded broker', () => Promise.resolve(embeddedCluster()));
