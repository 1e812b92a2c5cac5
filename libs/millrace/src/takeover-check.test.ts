import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { takeoverCheckSuite } from './testdata/takeover-check-suite.ts';

takeoverCheckSuite('the embedded broker', () => Promise.resolve(embeddedCluster()));
