import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { jvmMemberSuite } from './testdata/jvm-member-suite.ts';

jvmMemberSuite('the embedded broker', () => Promise.resolve(embeddedCluster()));
