import { millraceError } from './errors/millrace-error.ts';

/**
 * A length of time: milliseconds, text such as `'500ms'`, `'30s'`, `'10m'`, `'2h'`, `'7d'`, or an object with units. A `Temporal.Duration` is such an
 * object, and so is `{ minutes: 10 }`.
 */
export type Duration = number | string | DurationUnits;

/** A length of time by units, which are added up; a day has 24 hours. Years and months have no fixed length and are refused unless they are 0. */
export interface DurationUnits {
  /** 0: a year has no fixed length. */
  readonly years?: number;
  /** 0: a month has no fixed length. */
  readonly months?: number;
  /** 7 days each. */
  readonly weeks?: number;
  /** 24 hours each. */
  readonly days?: number;
  /** 60 minutes each. */
  readonly hours?: number;
  /** 60 seconds each. */
  readonly minutes?: number;
  /** 1000 milliseconds each. */
  readonly seconds?: number;
  /** What everything becomes. */
  readonly milliseconds?: number;
  /** Together with the nanoseconds whole milliseconds. */
  readonly microseconds?: number;
  /** Together with the microseconds whole milliseconds. */
  readonly nanoseconds?: number;
}

const textUnitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** In nanoseconds, as bigint: a number would round the smallest units away. */
const unitNs: Readonly<Record<keyof DurationUnits, bigint | undefined>> = {
  years: undefined,
  months: undefined,
  weeks: 604_800_000_000_000n,
  days: 86_400_000_000_000n,
  hours: 3_600_000_000_000n,
  minutes: 60_000_000_000n,
  seconds: 1_000_000_000n,
  milliseconds: 1_000_000n,
  microseconds: 1_000n,
  nanoseconds: 1n,
};
const units = Object.keys(unitNs) as (keyof DurationUnits)[];

/**
 * The duration in milliseconds. Throws MR_DURATION_INVALID for anything that is not one, negative ones and fractions of a millisecond included.
 * @example durationMs('10m') === 600_000 && durationMs({ minutes: 10 }) === 600_000
 */
export function durationMs(duration: Duration): number {
  const ms = signedDurationMs(duration);
  return ms >= 0 ? ms : refuse(duration);
}

/** As `durationMs`; may be below 0, as the sides of a join window may. */
export function signedDurationMs(duration: Duration): number {
  const ms =
    typeof duration === 'number' ? duration : typeof duration === 'string' ? textMs(duration) : unitsMs(duration);
  return Number.isSafeInteger(ms) ? ms : refuse(duration);
}

function textMs(text: string): number {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?\s*$/.exec(text);
  const ms = match === null ? NaN : Number(match[1]) * (textUnitMs[match[2] ?? 'ms'] ?? NaN);
  // 1.001 * 1000 falls short of 1001 by a rounding.
  const whole = Math.round(ms);
  return Math.abs(ms - whole) < 1e-6 ? whole : ms;
}

function unitsMs(duration: DurationUnits): number {
  if (typeof duration !== 'object' || duration === null) return NaN;
  const given = units.filter((unit) => duration[unit] !== undefined);
  if (given.length === 0) return NaN;
  let ns = 0n;
  for (const unit of given) {
    const count = duration[unit];
    const each = unitNs[unit];
    if (!Number.isSafeInteger(count)) return NaN;
    if (each === undefined && count !== 0) return NaN;
    ns += BigInt(count as number) * (each ?? 0n);
  }
  return ns % 1_000_000n === 0n ? Number(ns / 1_000_000n) : NaN;
}

function refuse(duration: unknown): never {
  const isObject = typeof duration === 'object' && duration !== null;
  throw millraceError('MR_DURATION_INVALID', { text: isObject ? JSON.stringify(duration) : String(duration) });
}
