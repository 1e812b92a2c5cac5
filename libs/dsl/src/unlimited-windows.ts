import { millraceError } from '@millrace/base';
import type { TimeWindowsSpec } from '@millrace/topology';

/** Behind every time that fits into 64 bits with a sign. */
const endOfTimeMs = 2 ** 63;

/** One window that begins at a time and never ends; records before it are left out. */
export class UnlimitedWindows {
  /** The window as plain data, ms. */
  readonly spec: TimeWindowsSpec;

  private constructor(startMs: number) {
    if (!Number.isSafeInteger(startMs) || startMs < 0)
      throw millraceError('MR_TOPOLOGY_WINDOW', { problem: `a start at ${String(startMs)} ms` });
    this.spec = { sizeMs: endOfTimeMs, advanceMs: endOfTimeMs, graceMs: 0, unlimitedFrom: startMs };
  }

  /** From the epoch on. */
  static of(): UnlimitedWindows {
    return new UnlimitedWindows(0);
  }

  /** From a time on, ms since the epoch. */
  startOn(startMs: number): UnlimitedWindows {
    return new UnlimitedWindows(startMs);
  }
}
