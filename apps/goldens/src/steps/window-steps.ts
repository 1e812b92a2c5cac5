/** Windows of a step as those of the DSL, and streams that are grouped together. */
import {
  CogroupedKStream,
  KGroupedStream,
  SessionWindowedCogroupedKStream,
  SessionWindowedKStream,
  SessionWindows,
  SlidingWindows,
  TimeWindowedCogroupedKStream,
  TimeWindows,
  UnlimitedWindows,
  type TimeWindowedKStream,
} from '@millrace/dsl';
import type { RunStep, Steps, StepScope } from './step.ts';
import { aggregator, initializer, merger } from '../case-functions.ts';
import type { Step } from '../golden-case.ts';
import { unversioned } from './materialized.ts';
import { notYet, optionsOf } from './step-options.ts';

type AnyGrouped = KGroupedStream<unknown, unknown>;
type AnyCogrouped = CogroupedKStream<unknown, unknown>;
type AnySession = SessionWindowedKStream<unknown, unknown>;
type Window = Readonly<Record<string, number | string>>;

export const windowSteps: Steps = {
  windowedBy: (step, { get, set }) => {
    const from = get(step.in) as AnyGrouped | AnyCogrouped;
    const window = step['window'] as Window;
    set(
      step.out,
      window['type'] === 'session' ? from.windowedBy(sessionsOf(window)) : from.windowedBy(windowsOf(window)),
    );
  },
  emitStrategy: (step, { get, set }) => {
    const from = get(step.in) as AnySession | TimeWindowedKStream<unknown, unknown>;
    set(step.out, from.emitStrategy(step['strategy'] as 'onWindowClose'));
  },
  cogroup: (step, { get, set }) => {
    const from = get(step.in) as AnyGrouped | AnyCogrouped;
    const fn = aggregator(String(step['fn']));
    set(step.out, from instanceof KGroupedStream ? from.cogroup(fn) : from.cogroup(get(step.other) as AnyGrouped, fn));
  },
};

/** The steps, with `aggregate` of what is cogrouped or grouped by session too, and stores in memory where the case has that as its default. */
export function withCogroups(steps: Steps): Steps {
  const [count, reduce] = [steps['count'] as RunStep, steps['reduce'] as RunStep];
  return {
    ...steps,
    ...windowSteps,
    count: (step, scope) => count(storedAs(step, scope), scope),
    reduce: (step, scope) => reduce(storedAs(step, scope), scope),
    aggregate: (step, scope) => aggregateStep(steps['aggregate'] as RunStep, storedAs(step, scope), scope),
  };
}

function storedAs(step: Step, { config }: StepScope): Step {
  const isMemory = config['dsl.store.suppliers.class']?.endsWith('$InMemoryDslStoreSuppliers') === true;
  const { mat } = step as { mat?: object };
  return mat === undefined || 'supplier' in mat || !isMemory ? step : { ...step, mat: { type: 'inMemory', ...mat } };
}

function aggregateStep(otherwise: RunStep, step: Step, scope: StepScope): void {
  const from = scope.get(step.in);
  const init = initializer(String(step['init']));
  const named = optionsOf(step, ['name']);
  if (from instanceof CogroupedKStream || from instanceof TimeWindowedCogroupedKStream)
    return scope.set(step.out, from.aggregate(init, unversioned(step['mat']), named));
  if (from instanceof SessionWindowedCogroupedKStream) {
    const merge = merger(String(step['merger']));
    return scope.set(step.out, from.aggregate(init, merge, unversioned(step['mat']), named));
  }
  if (!(from instanceof SessionWindowedKStream)) return otherwise(step, scope);
  const [fn, merge] = [aggregator(String(step['fn'])), merger(String(step['merger']))];
  scope.set(step.out, from.aggregate(init, fn, merge, unversioned(step['mat']), named));
}

function sessionsOf({ gapMs, graceMs = 0 }: Window): SessionWindows {
  return SessionWindows.ofInactivityGapAndGrace(Number(gapMs), Number(graceMs));
}

function windowsOf(window: Window): TimeWindows | SlidingWindows | UnlimitedWindows {
  const { type, sizeMs, advanceMs, graceMs = 0, startMs, diffMs } = window;
  switch (type) {
    case 'tumbling':
      return TimeWindows.ofSizeAndGrace(Number(sizeMs), Number(graceMs));
    case 'hopping':
      return TimeWindows.ofSizeAndGrace(Number(sizeMs), Number(graceMs)).advanceBy(Number(advanceMs));
    case 'sliding':
      return SlidingWindows.ofTimeDifferenceAndGrace(Number(diffMs), Number(graceMs));
    case 'unlimited':
      return UnlimitedWindows.of().startOn(Number(startMs ?? 0));
    default:
      return notYet({ op: 'windowedBy', window }, ['window']) as never;
  }
}
