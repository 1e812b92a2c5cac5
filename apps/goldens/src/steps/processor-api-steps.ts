/** Steps of the Processor API (section 6 of the case language): a topology node by node. */
import type { Topology } from '@millrace/dsl';
import { processor } from '../case-processors.ts';
import { serdeOptions } from '../case-serdes.ts';
import type { Step } from '../golden-case.ts';
import { partitionerOption, topicOf } from './sink-options.ts';
import { stringsOf } from './step-options.ts';
import { storeBuilder } from './store-builders.ts';
import { consumed } from './stream-steps.ts';

type RunApiStep = (step: Step, topology: Topology) => void;

export const processorApiSteps: Readonly<Record<string, RunApiStep>> = {
  addSource: (step, topology) => {
    topology.addSource(String(step['name']), stringsOf(step['topics']), { ...serdeOptions(step), ...consumed(step) });
  },
  addProcessor: (step, topology) => {
    topology.addProcessor(String(step['name']), processor(step), { parents: stringsOf(step['parents']) });
  },
  addSink: (step, topology) => {
    const parents = stringsOf(step['parents']);
    const topic = step['topicFn'] === undefined ? String(step['topic']) : topicOf(String(step['topicFn']));
    const options = { parents, ...serdeOptions(step), ...partitionerOption(step['partitioner']) };
    topology.addSink(String(step['name']), topic, options);
  },
  addStateStore: (step, topology) => {
    topology.addStateStore(storeBuilder(step), ...stringsOf(step['processors'] ?? []));
  },
  connect: (step, topology) => {
    topology.connectProcessorAndStateStores(String(step['name']), ...stringsOf(step['stores']));
  },
  addGlobalStore: (step, topology) => {
    topology.addGlobalStore(storeBuilder(step), storeSource(step), processor(step));
  },
  addReadOnlyStateStore: (step, topology) => {
    topology.addReadOnlyStateStore(storeBuilder(step), storeSource(step), processor(step));
  },
};

function storeSource(step: Step) {
  const [topic, source, name] = [String(step['topic']), String(step['source']), String(step['processorName'])];
  return { topic, source, processor: name, ...serdeOptions(step) };
}
