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
import type { RunStep, Steps } from '../build-case.ts';
import { aggregator, initializer, merger } from '../case-functions.ts';
import { materialized } from './materialized.ts';
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

/** `aggregate` of what is cogrouped or grouped by session, else the step as it was. */
export function withCogroups(steps: Steps): Steps {
  const aggregate = steps['aggregate'] as RunStep;
  return {
    ...steps,
    ...windowSteps,
    aggregate: (step, scope) => {
      const from = scope.get(step.in);
      const init = initializer(String(step['init']));
      const mat = materialized(step['mat']);
      const named = optionsOf(step, ['name']);
      if (from instanceof CogroupedKStream || from instanceof TimeWindowedCogroupedKStream)
        return scope.set(step.out, from.aggregate(init, mat, named));
      if (from instanceof SessionWindowedCogroupedKStream)
        return scope.set(step.out, from.aggregate(init, merger(String(step['merger'])), mat, named));
      if (!(from instanceof SessionWindowedKStream)) return aggregate(step, scope);
      const [fn, merge] = [aggregator(String(step['fn'])), merger(String(step['merger']))];
      scope.set(step.out, from.aggregate(init, fn, merge, mat, step['mat'] === undefined ? {} : named));
    },
  };
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
