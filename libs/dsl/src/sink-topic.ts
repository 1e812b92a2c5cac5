import { requireName, type SinkNode } from '@millrace/topology';
import type { Graph } from './graph.ts';
import type { TopicNameExtractor } from './options.ts';

/** Where a sink writes: one topic, or what a function says of each record. */
export function sinkTopic<K, V>(
  graph: Graph,
  name: string,
  topic: string | TopicNameExtractor<K, V>,
): Pick<SinkNode, 'topic' | 'topicExtractor'> {
  if (typeof topic === 'string') return { topic: requireName(topic, 'topic') };
  return { topic: '', topicExtractor: { extractor: graph.function(name, 'topic', topic), name: topic.name } };
}
