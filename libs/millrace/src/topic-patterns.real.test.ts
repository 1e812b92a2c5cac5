import { realCluster } from './testdata/real-cluster.ts';
import { topicPatternSuite } from './testdata/topic-pattern-suite.ts';

topicPatternSuite('a real Kafka', () => Promise.resolve(realCluster()));
