import { durationMs, millraceError, signedDurationMs, type Duration } from '@millrace/base';
import type { JoinWindowsSpec } from '@millrace/topology';

const dayMs = 86_400_000;

/**
 * Which records of two streams join: the right one is at most `before` earlier and at most `after` later than the left one. Stream time has
 * to pass the window and its grace before an outer join says that there was no partner.
 */
export class JoinWindows {
  /** The windows as plain data, ms. */
  readonly spec: JoinWindowsSpec;

  private constructor(spec: JoinWindowsSpec) {
    const { beforeMs, afterMs, graceMs } = spec;
    if (beforeMs + afterMs < 0)
      throw millraceError('MR_TOPOLOGY_WINDOW', { problem: `before + after of ${beforeMs + afterMs} ms` });
    if (graceMs < 0) throw millraceError('MR_TOPOLOGY_WINDOW', { problem: `a grace of ${graceMs} ms` });
    this.spec = spec;
  }

  /** Times of partners differ by `difference` at most; `grace` is how late a record may come. */
  static ofTimeDifferenceAndGrace(difference: Duration, grace: Duration): JoinWindows {
    const differenceMs = durationMs(difference);
    return new JoinWindows({
      beforeMs: differenceMs,
      afterMs: differenceMs,
      graceMs: durationMs(grace),
      emitsEagerly: false,
    });
  }

  /** Windows that close at once. */
  static ofTimeDifferenceWithNoGrace(difference: Duration): JoinWindows {
    return JoinWindows.ofTimeDifferenceAndGrace(difference, 0);
  }

  /**
   * The windows of old applications: a grace that makes up a day, and records of outer joins go out unmatched as soon as they come, even when
   * a partner follows.
   * @deprecated Use `ofTimeDifferenceAndGrace`.
   */
  static of(difference: Duration): JoinWindows {
    const differenceMs = durationMs(difference);
    return new JoinWindows({
      beforeMs: differenceMs,
      afterMs: differenceMs,
      graceMs: Math.max(dayMs - 2 * differenceMs, 0),
      emitsEagerly: true,
    });
  }

  /** How much earlier than the left record the right one may be; a negative duration asks for a later one. */
  before(difference: Duration): JoinWindows {
    return new JoinWindows({ ...this.spec, beforeMs: signedDurationMs(difference) });
  }

  /** How much later than the left record the right one may be. */
  after(difference: Duration): JoinWindows {
    return new JoinWindows({ ...this.spec, afterMs: signedDurationMs(difference) });
  }

  /**
   * Another grace for windows made by `of`.
   * @deprecated Use `ofTimeDifferenceAndGrace`.
   */
  grace(grace: Duration): JoinWindows {
    if (!this.spec.emitsEagerly)
      throw millraceError('MR_TOPOLOGY_WINDOW', { problem: 'a second grace, after ofTimeDifferenceAndGrace' });
    return new JoinWindows({ ...this.spec, graceMs: durationMs(grace) });
  }
}
