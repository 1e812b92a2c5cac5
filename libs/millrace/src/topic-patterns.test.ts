import { embeddedCluster } from './testdata/embedded-cluster.ts';
import { topicPatternSuite } from './testdata/topic-pattern-suite.ts';

topicPatternSuite('the embedded broker', () => Promise.resolve(embeddedCluster()));
