/** Aggregations over windows and sessions as closures. */
import { invariant } from '@millrace/base';
import {
  FinalResults,
  sessionAggregate,
  sessionWindowsRange,
  slidingAggregate,
  slidingWindowsRange,
  startsOf,
  timeWindowsRange,
  windowedAggregate,
  windowedReduce,
  type AdvanceTime,
  type EmitRange,
  type StreamNode,
  type TableNode,
  type WindowOptions,
} from '@millrace/operators';
import { SpanStore, WindowStore } from '@millrace/state';
import type { Operation } from '@millrace/topology';
import type { CompileEnvironment } from './compile-environment.ts';
import type { CompiledStore } from './compile-stores.ts';
import { needsOldValues } from './downstream.ts';
import { observedStreamTime } from '../task/stream-time.ts';
import type { TableScope } from './table-node.ts';

export type WindowedOperation = Extract<Operation, { readonly windows: object; readonly emit: string }>;

export interface WindowedScope extends Pick<TableScope, 'part' | 'find'> {
  readonly environment: CompileEnvironment;
  readonly next: TableNode;
}

interface Forwarding {
  readonly advanceTime: AdvanceTime;
  readonly closed: ((closeTime: number) => void) | undefined;
}

export function windowedNode(
  scope: WindowedScope,
  name: string,
  operation: WindowedOperation,
  compiled: CompiledStore,
): StreamNode {
  const { find, environment } = scope;
  const { metrics } = environment;
  const { store } = compiled;
  const { type } = operation;
  if (type === 'windowedAggregate' || type === 'windowedReduce') {
    invariant(store instanceof WindowStore, `the store of ${name} has windows`);
    const { windows } = operation;
    store.foresee((timestamp) => startsOf(windows, timestamp));
    const forwarding = forward(scope, name, operation, compiled, timeWindowsRange(windows));
    const options: WindowOptions = { where: name, store, windows, metrics, ...forwarding };
    return type === 'windowedReduce'
      ? windowedReduce(options, find(operation.reducer))
      : windowedAggregate(options, find(operation.initializer), find(operation.aggregator));
  }
  invariant(store instanceof SpanStore, `the store of ${name} is read by key and time`);
  const [initializer, aggregator] = [
    find<() => unknown>(operation.initializer),
    find<Aggregator>(operation.aggregator),
  ];
  if (type === 'slidingAggregate') {
    const { windows } = operation;
    const forwarding = forward(scope, name, operation, compiled, slidingWindowsRange(windows));
    return slidingAggregate({ where: name, store, windows, metrics, initializer, aggregator, ...forwarding });
  }
  const { windows, merger } = operation;
  const forwarding = forward(scope, name, operation, compiled, sessionWindowsRange());
  return sessionAggregate(
    { where: name, store, windows, metrics, ...forwarding },
    initializer,
    aggregator,
    find(merger),
  );
}

type Aggregator = (key: unknown, value: unknown, aggregate: unknown) => unknown;

/** Updates go downstream as they come, or final results when windows have closed. */
function forward(
  { environment, next, part }: WindowedScope,
  name: string,
  { emit }: WindowedOperation,
  { store, progress }: CompiledStore,
  range: EmitRange,
): Forwarding {
  const time = observedStreamTime();
  const advanceTime = (timestamp: number): number => time.advance(timestamp);
  invariant(store instanceof WindowStore || store instanceof SpanStore, `the store of ${name} has windows`);
  if (emit === 'onWindowUpdate') {
    store.onUpdate(next, needsOldValues(part, name));
    return { advanceTime, closed: undefined };
  }
  const { now, interlude: request, emitIntervalMs: intervalMs, context } = environment;
  const results = new FinalResults({ store, range, intervalMs, progress, next, context, now, request });
  return { advanceTime, closed: (closeTime) => results.advance(closeTime) };
}
