/** Builds the topology of a case over the public DSL. Steps stand in `steps/`, a file for each family of operators. */
import { StreamsBuilder, Topology, type TopologyOptimization } from '@millrace/dsl';
import type { Program } from '@millrace/topology';
import type { GoldenCase, Step } from './golden-case.ts';
import type { StepScope, Steps } from './steps/step.ts';
import { aggregationSteps } from './steps/aggregation-steps.ts';
import { joinSteps } from './steps/join-steps.ts';
import { processorApiSteps } from './steps/processor-api-steps.ts';
import { processSteps } from './steps/process-steps.ts';
import { splitSteps } from './steps/split-steps.ts';
import { streamSteps } from './steps/stream-steps.ts';
import { withCogroups } from './steps/window-steps.ts';
import { tableSteps, withTables } from './steps/table-steps.ts';

const steps: Steps = withTables({
  ...streamSteps,
  ...splitSteps,
  ...tableSteps,
  ...withCogroups(aggregationSteps),
  ...joinSteps,
  ...processSteps,
});

export function buildCase({ topology, config = {}, api }: GoldenCase): Program {
  if (api === 'processor') return buildProcessors(topology);
  const builder = new StreamsBuilder();
  const nodes = new Map<unknown, unknown>();
  const scope: StepScope = {
    builder,
    config,
    get: (name) => {
      if (!nodes.has(name)) throw new Error(`no step has made ${String(name)}`);
      return nodes.get(name);
    },
    set: (name, made) => void (name === undefined || nodes.set(name, made)),
  };
  for (const step of topology) {
    const run = steps[step.op];
    if (run === undefined) throw new Error(`the step ${step.op} is not known yet`);
    run(step, scope);
  }
  const optimization = config['topology.optimization'] ?? 'none';
  const isWhole = optimization === 'all' || optimization === 'none';
  const topologyOptimization = isWhole ? optimization : (optimization.split(',') as TopologyOptimization[]);
  const dslStoreFormat = config['dsl.store.format'] === 'HEADERS' ? 'HEADERS' : 'DEFAULT';
  const enableProcessProcessValueFix = config['__enable.process.processValue.fix__'] === 'true';
  return builder.build({ topologyOptimization, dslStoreFormat, enableProcessProcessValueFix });
}

function buildProcessors(given: readonly Step[]): Program {
  const topology = new Topology();
  for (const step of given) {
    const run = processorApiSteps[step.op];
    if (run === undefined) throw new Error(`the step ${step.op} of the Processor API is not known yet`);
    run(step, topology);
  }
  return topology.build();
}
