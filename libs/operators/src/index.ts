export { streamAggregate, streamReduce, tableAggregate, tableSource, type AggregateOptions } from './aggregate.ts';
export { FinalResults, type EmitProgress, type FinalResultsOptions, type Interlude } from './final-results.ts';
export { broadcast, broadcastChange, type OperatorMetrics, type StreamNode, type TableNode } from './node-function.ts';
export {
  filter,
  flatMap,
  flatMapValues,
  foreach,
  map,
  mapValues,
  peek,
  repartitionFilter,
  selectKey,
} from './stateless.ts';
export { tableFilter, tableMapValues, tableSelect, tableToStream } from './table.ts';
export {
  startsOf,
  windowedAggregate,
  windowedReduce,
  type AdvanceTime,
  type WindowOptions,
} from './windowed-aggregate.ts';
