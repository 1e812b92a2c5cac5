import { durationMs, millraceError, type Duration } from '@millrace/base';
import type { SlidingWindowsSpec } from '@millrace/topology';

/** Windows that begin and end with records: two records of a key share one when their times differ by no more than the difference. */
export class SlidingWindows {
  /** The windows as plain data, ms. */
  readonly spec: SlidingWindowsSpec;

  private constructor(spec: SlidingWindowsSpec) {
    const { differenceMs, graceMs } = spec;
    if (differenceMs < 0 || graceMs < 0)
      throw millraceError('MR_TOPOLOGY_WINDOW', {
        problem: `a time difference of ${differenceMs} ms with a grace of ${graceMs} ms`,
      });
    this.spec = spec;
  }

  /** `grace` is how late a record may come. */
  static ofTimeDifferenceAndGrace(timeDifference: Duration, grace: Duration): SlidingWindows {
    return new SlidingWindows({ differenceMs: durationMs(timeDifference), graceMs: durationMs(grace) });
  }

  /** Sliding windows that take no late record. */
  static ofTimeDifferenceWithNoGrace(timeDifference: Duration): SlidingWindows {
    return SlidingWindows.ofTimeDifferenceAndGrace(timeDifference, 0);
  }
}
