import { durationMs, millraceError, type Duration } from '@millrace/base';
import type { TimeWindowsSpec } from '@millrace/topology';

/**
 * Windows of a fixed size, aligned to the epoch: tumbling, or hopping with `advanceBy`. A record counts in a window until stream time has passed
 * the window's end by the grace.
 */
export class TimeWindows {
  /** The windows as plain data, ms. */
  readonly spec: TimeWindowsSpec;

  private constructor(spec: TimeWindowsSpec) {
    const { sizeMs, advanceMs, graceMs } = spec;
    if (sizeMs <= 0) throw millraceError('MR_TOPOLOGY_WINDOW', { problem: `a size of ${sizeMs} ms` });
    if (advanceMs <= 0 || advanceMs > sizeMs) {
      throw millraceError('MR_TOPOLOGY_WINDOW', {
        problem: `an advance of ${advanceMs} ms with a size of ${sizeMs} ms`,
      });
    }
    this.spec = { sizeMs, advanceMs, graceMs };
  }

  /** Tumbling windows; `grace` is how late a record may come. */
  static ofSizeAndGrace(size: Duration, grace: Duration): TimeWindows {
    const sizeMs = durationMs(size);
    return new TimeWindows({ sizeMs, advanceMs: sizeMs, graceMs: durationMs(grace) });
  }

  /** Tumbling windows that take no late record. */
  static ofSizeWithNoGrace(size: Duration): TimeWindows {
    return TimeWindows.ofSizeAndGrace(size, 0);
  }

  /** Hopping windows: one begins every `advance`. */
  advanceBy(advance: Duration): TimeWindows {
    return new TimeWindows({ ...this.spec, advanceMs: durationMs(advance) });
  }
}
