/** Which windows have closed since final results were sent last, by the time that puts them in order: start of windows, end of sessions. */
import type { SlidingWindowsSpec, TimeWindowsSpec } from '@millrace/topology';
import { firstStart } from './windowed-aggregate.ts';

export interface EmitRange {
  /** The first time that was not sent up to a close time; undefined: nothing was sent. */
  firstUnsent(lastCloseTime: number | undefined): number;
  /** What is to be sent now; undefined: nothing has closed. */
  due(closeTime: number, lastCloseTime: number | undefined): { readonly from: number; readonly to: number } | undefined;
}

export function timeWindowsRange(windows: TimeWindowsSpec): EmitRange {
  const { sizeMs, advanceMs } = windows;
  const firstUnsent = (last: number | undefined): number => (last === undefined ? 0 : Math.max(0, last - sizeMs) + 1);
  /** Both lie in the same windows. */
  const isNoneNew = (last: number, to: number): boolean => {
    const sent = firstUnsent(last) - 1;
    const isSameLast = Math.floor(to / advanceMs) === Math.floor(sent / advanceMs);
    return isSameLast && firstStart(windows, to) === firstStart(windows, sent);
  };
  return {
    firstUnsent,
    due: (closeTime, last) => {
      const to = closeTime - sizeMs;
      if (to < 0 || (last !== undefined && isNoneNew(last, to))) return undefined;
      return { from: firstUnsent(last), to };
    },
  };
}

export function slidingWindowsRange({ differenceMs }: SlidingWindowsSpec): EmitRange {
  const firstUnsent = (last: number | undefined): number => (last === undefined ? 0 : Math.max(0, last - differenceMs));
  return {
    firstUnsent,
    due: (closeTime, last) => {
      const to = closeTime - differenceMs - 1;
      return to < 0 ? undefined : { from: firstUnsent(last), to };
    },
  };
}

/** The gap is part of a session's close time. */
export function sessionWindowsRange(): EmitRange {
  const firstUnsent = (last: number | undefined): number => Math.max(0, last ?? 0);
  return {
    firstUnsent,
    due: (closeTime, last) => {
      const range = { from: firstUnsent(last), to: closeTime - 1 };
      return range.to < range.from ? undefined : range;
    },
  };
}
