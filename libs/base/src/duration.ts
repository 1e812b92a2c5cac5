import { millraceError } from './errors/millrace-error.ts';

/** Milliseconds, or text such as `'500ms'`, `'30s'`, `'10m'`, `'2h'`, `'7d'`. */
export type Duration = number | string;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The duration in milliseconds. Throws MR_DURATION_INVALID for anything that is not one, negative numbers included. */
export function durationMs(duration: Duration): number {
  if (typeof duration === 'number') {
    if (Number.isSafeInteger(duration) && duration >= 0) return duration;
    throw millraceError('MR_DURATION_INVALID', { text: String(duration) });
  }
  const match = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/.exec(duration);
  const ms = match === null ? NaN : Number(match[1]) * (unitMs[match[2] ?? 'ms'] ?? NaN);
  if (!Number.isSafeInteger(ms)) throw millraceError('MR_DURATION_INVALID', { text: duration });
  return ms;
}
