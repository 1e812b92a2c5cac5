import { durationMs, millraceError, type Duration } from '@millrace/base';
import type { SessionWindowsSpec } from '@millrace/topology';

/** Sessions: records of a key that follow each other within the gap. A record between two sessions makes them one. */
export class SessionWindows {
  /** The windows as plain data, ms. */
  readonly spec: SessionWindowsSpec;

  private constructor(spec: SessionWindowsSpec) {
    const { gapMs, graceMs } = spec;
    if (gapMs < 0 || graceMs < 0)
      throw millraceError('MR_TOPOLOGY_WINDOW', { problem: `a gap of ${gapMs} ms with a grace of ${graceMs} ms` });
    this.spec = spec;
  }

  /** `grace` is how late a record may come. */
  static ofInactivityGapAndGrace(gap: Duration, grace: Duration): SessionWindows {
    return new SessionWindows({ gapMs: durationMs(gap), graceMs: durationMs(grace) });
  }

  /** Sessions that take no late record. */
  static ofInactivityGapWithNoGrace(gap: Duration): SessionWindows {
    return SessionWindows.ofInactivityGapAndGrace(gap, 0);
  }
}
