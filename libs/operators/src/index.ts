export { graceJoin, type GraceJoinOptions } from './grace-join.ts';
export {
  streamAggregate,
  streamReduce,
  tableAggregate,
  tableReduce,
  tableSource,
  type AggregateOptions,
} from './aggregate.ts';
export { sessionWindowsRange, slidingWindowsRange, timeWindowsRange, type EmitRange } from './emit-range.ts';
export { FinalResults, type EmitProgress, type FinalResultsOptions, type Interlude } from './final-results.ts';
export { broadcast, broadcastChange, type OperatorMetrics, type StreamNode, type TableNode } from './node-function.ts';
export {
  branch,
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
export {
  answerJoin,
  subscribersTold,
  subscriptionAnswer,
  subscriptionReceive,
  subscriptionSend,
  type SubscriptionStore,
} from './foreign-key-join.ts';
export { suppress, type SuppressOptions } from './suppress.ts';
export {
  passingTableSource,
  tableFilter,
  tableJoinMerge,
  tableMapValues,
  tableTransformValues,
  tableSelect,
  tableToStream,
  type DerivedTable,
  type TableSelectOptions,
} from './table.ts';
export {
  joinedReader,
  noRow,
  tableJoin,
  type TableJoinKind,
  type TableJoinOptions,
  type TableReader,
  type TableRow,
} from './table-join.ts';
export {
  startsOf,
  windowedAggregate,
  windowedReduce,
  type AdvanceTime,
  type WindowOptions,
} from './windowed-aggregate.ts';
export {
  joinProgress,
  joinWindow,
  selfJoin,
  streamJoin,
  type Joiner,
  type JoinProgress,
  type JoinSideOptions,
} from './stream-join.ts';
export { tableLookup, type TableGetter } from './table-lookup.ts';
export { sessionAggregate, type SessionOptions } from './session-aggregate.ts';
export { slidingAggregate, type SlidingOptions } from './sliding-aggregate.ts';
