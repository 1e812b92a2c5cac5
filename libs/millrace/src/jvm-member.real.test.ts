import { realCluster } from './testdata/real-cluster.ts';
import { jvmMemberSuite } from './testdata/jvm-member-suite.ts';

jvmMemberSuite('a real Kafka', () => Promise.resolve(realCluster()));
