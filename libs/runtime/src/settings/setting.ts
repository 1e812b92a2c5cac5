/** What a setting is, and the kinds of values that settings have. A kind reads a value given in code or as text of the environment. */
import { durationMs } from '@millrace/base';

/** Reads one kind of value. */
export interface Kind<T> {
  /** What is expected, in words, for the message of a fault. */
  readonly expected: string;
  /** The value, or undefined when `raw` is not one. */
  read(raw: unknown): T | undefined;
}

/** One row of the table of settings. */
export interface Setting<T> {
  /** The JVM library's property name, such as `commit.interval.ms`. */
  readonly name: string;
  readonly kind: Kind<T>;
  /** Value when nothing is given; a setting without it is required. */
  readonly fallback?: T;
  readonly doc: string;
}

/** A row with a default value. */
export function setting<T>(name: string, kind: Kind<T>, fallback: NoInfer<T>, doc: string): Setting<T> {
  return { name, kind, fallback, doc };
}

/** A row that must be given. */
export function required<T>(name: string, kind: Kind<T>, doc: string): Setting<T> {
  return { name, kind, doc };
}

/** Text that is not empty and fits `pattern`. */
export function text(pattern?: RegExp, expected = 'a text that is not empty'): Kind<string> {
  return {
    expected,
    read: (raw) => (typeof raw === 'string' && raw !== '' && (pattern?.test(raw) ?? true) ? raw : undefined),
  };
}

/** An integer within limits, as a number or as its digits. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER): Kind<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`;
  return {
    expected: range,
    read: (raw) => {
      const value = typeof raw === 'string' && /^-?\d+$/.test(raw.trim()) ? Number(raw) : raw;
      return Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
        ? (value as number)
        : undefined;
    },
  };
}

/** Milliseconds as a number or its digits, or a duration such as `'30s'`. */
export function duration(min: number, max = Number.MAX_SAFE_INTEGER): Kind<number> {
  const whole = integer(min, max);
  return {
    expected: `${whole.expected} (ms), or a duration such as '30s'`,
    read: (raw) => whole.read(raw) ?? whole.read(durationOf(raw)),
  };
}

/** One of several words; upper and lower case are the same. */
export function oneOf<const T extends string>(...words: readonly T[]): Kind<T> {
  return {
    expected: `one of ${words.join(', ')}`,
    read: (raw) => words.find((word) => typeof raw === 'string' && word.toLowerCase() === raw.toLowerCase()),
  };
}

/** True or false, also as text. */
export function trueOrFalse(): Kind<boolean> {
  return {
    expected: 'true or false',
    read: (raw) => {
      if (typeof raw === 'boolean') return raw;
      const text = typeof raw === 'string' ? raw.trim().toLowerCase() : '';
      return text === 'true' ? true : text === 'false' ? false : undefined;
    },
  };
}

/**
 * One of several words, or a function given in code. A word is also known by the name of the JVM library's class, with or without its package.
 */
export function handler<F, const T extends string>(classes: Readonly<Record<T, readonly string[]>>): Kind<T | F> {
  const words = Object.keys(classes) as T[];
  return {
    expected: `one of ${words.join(', ')}, the name of the JVM library's class, or a function given in code`,
    read: (raw) => {
      if (typeof raw === 'function') return raw as F;
      const given = typeof raw === 'string' ? raw.slice(raw.lastIndexOf('.') + 1).toLowerCase() : undefined;
      return words.find((word) => [word, ...classes[word]].some((name) => name.toLowerCase() === given));
    },
  };
}

/** Addresses `host:port`, as a list or separated by commas. */
export function addresses(): Kind<readonly string[]> {
  const pattern = /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s/]+):\d{1,5}$/;
  return {
    expected: 'host:port, several separated by commas',
    read: (raw) => {
      const list = typeof raw === 'string' ? raw.split(',').map((part) => part.trim()) : raw;
      const isList = Array.isArray(list) && list.length > 0;
      return isList && list.every((one) => typeof one === 'string' && pattern.test(one))
        ? (list as string[])
        : undefined;
    },
  };
}

/** An object that satisfies `is`, given in code; the environment cannot give it. */
export function given<T>(is: (raw: unknown) => boolean, expected: string): Kind<T> {
  return { expected, read: (raw) => (is(raw) ? (raw as T) : undefined) };
}

/** A kind whose value may be left out: null then. */
export function optional<T>(kind: Kind<T>): Kind<T | null> {
  return { expected: kind.expected, read: (raw) => (raw === null ? null : kind.read(raw)) };
}

function durationOf(raw: unknown): number | undefined {
  if (typeof raw !== 'string') return undefined;
  try {
    return durationMs(raw);
  } catch {
    return undefined;
  }
}
