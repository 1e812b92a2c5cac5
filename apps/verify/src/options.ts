import { parseArgs } from 'node:util';

export interface VerifyOptions {
  readonly workers: number;
  readonly connectors: number;
  readonly kills: number;
  readonly input: string | undefined;
  readonly posts: number;
  readonly seed: number;
  readonly commitIntervalMs: number;
  readonly keep: boolean;
}

export const usage = `npm run verify -- --real [options]     kill -9 while transactions are open, then check every count
  --workers N            worker processes (default 3)
  --connectors N         connector processes (default 1)
  --kills N              how many processes to kill (default 10)
  --input FILE           posts to feed, .jsonl or .jsonl.gz (default: generated)
  --posts N              how many to generate (default 40000)
  --seed N               of the generator and of the kills (default: from the clock, printed)
  --commit-interval-ms N of the workers (default 250, so that a kill finds an open transaction)
  --keep                 leave topics, tables and logs for a look
It starts the real servers itself (npm run servers -- up) and ends with JSON; exit code 0 means none lost, none double, none stale.`;

export class UsageError extends Error {}

/** Options from the command line, or 'help'. Throws UsageError. */
export function parseOptions(args: readonly string[], now: () => number): VerifyOptions | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const known = {
    real: flag,
    workers: text,
    connectors: text,
    kills: text,
    input: text,
    posts: text,
    seed: text,
    'commit-interval-ms': text,
    keep: flag,
    help: flag,
  } as const;
  const values = (() => {
    try {
      return parseArgs({ args: [...args], options: known, strict: true, allowPositionals: false }).values;
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  })();
  if (values.help) return 'help';
  if (!values.real) throw new UsageError('the verification runs on real servers: add --real');
  const whole = (name: keyof typeof known, fallback: number, least: number): number => {
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (!Number.isInteger(value) || value < least)
      throw new UsageError(`--${name} ${values[name]} is not a whole number from ${least}`);
    return value;
  };
  return {
    workers: whole('workers', 3, 1),
    connectors: whole('connectors', 1, 1),
    kills: whole('kills', 10, 0),
    input: values.input,
    posts: whole('posts', 40_000, 1),
    seed: whole('seed', now() % 1_000_000, 0),
    commitIntervalMs: whole('commit-interval-ms', 250, 1),
    keep: values.keep ?? false,
  };
}
