import { Serdes, StreamsBuilder, type Program } from 'millrace';
import { workloads, type Workload, type WorkloadTopics } from '../workloads.ts';

/** `count` counts the records of each key: the state of the restart bench. */
export type ProgramName = Workload['name'] | 'count';

/** @param onRecord called with each record of `count`, before it is counted */
export function programOf(name: ProgramName, topics: WorkloadTopics, onRecord: () => void): Program {
  if (name === 'count') return count(topics.bids, onRecord);
  const workload = workloads.find((one) => one.name === name);
  if (workload === undefined) throw new Error(`there is no workload ${name}`);
  return workload.program(topics);
}

function count(input: string, onRecord: () => void): Program {
  const builder = new StreamsBuilder();
  builder
    .stream(input, { key: Serdes.long(), value: Serdes.bytes() })
    .peek(onRecord)
    .groupByKey({ key: Serdes.long(), value: Serdes.bytes() })
    .count({ name: 'counts', key: Serdes.long() });
  return builder.build();
}
