import { define } from './define.ts';

/** Errors that any library may raise. */
export const baseErrors = {
  MR_INVARIANT: define<{ why: string }>({
    severity: 'bug',
    message: ({ why }) => `An invariant of Millrace does not hold: ${why}.`,
    remedy: () => 'This is a bug in Millrace. Please report it with the stack and, if there is one, the seed.',
  }),
  MR_DURATION_INVALID: define<{ text: string }>({
    severity: 'user',
    message: ({ text }) => `'${text}' is not a duration.`,
    remedy: () =>
      "Write a number and a unit, such as '500ms', '30s', '10m', '2h' or '7d', a number of milliseconds, or units such as { minutes: 10 }.",
  }),
};
