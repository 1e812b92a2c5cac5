import { parseArgs } from 'node:util';

export interface VerifyOptions {
  /** Addresses of the user's own servers; undefined: those of this project, started when they are down. */
  readonly kafka: string | undefined;
  readonly cassandra: string | undefined;
  /** Ports of this project's servers, when they are not the usual ones. */
  readonly kafkaPort: number | undefined;
  readonly cassandraPort: number | undefined;
  readonly workers: number;
  readonly connectors: number;
  readonly kills: number;
  readonly freezes: number;
  readonly input: string | undefined;
  readonly posts: number;
  readonly seed: number;
  readonly commitIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly guarantee: 'exactly_once_v2' | 'at_least_once';
  readonly keep: boolean;
}

export const usage = `npm run verify -- --real [options]     kill -9 while transactions are open, then check every count
  --workers N             worker processes (default 3)
  --connectors N          connector processes (default 1; 0: no Cassandra)
  --kills N               how many processes to kill (default 10)
  --freezes N             how many to stop until others have their work, and let go on (default 2)
  --input FILE            posts to feed, .jsonl or .jsonl.gz (default: generated)
  --posts N               how many to generate (default 40000)
  --seed N                of the generator and of the kills (default: from the clock, printed)
  --commit-interval-ms N  of the workers (default 250, so that a kill finds an open transaction)
  --session-timeout-ms N  of the workers and connectors (default 6000)
  --guarantee at_least_once   to see it fail: kills make such workers count twice (default exactly_once_v2)
  --kafka-port N, --cassandra-port N      ports of the servers that it starts itself
  --kafka HOST:PORT, --cassandra HOST:PORT    your own servers
  --keep                  leave topics, tables and logs for a look
It starts the real servers itself (npm run servers -- up) and ends with JSON; exit code 0 means none lost, none double, none stale.`;

export class UsageError extends Error {}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const known = {
  real: flag,
  kafka: text,
  cassandra: text,
  'kafka-port': text,
  'cassandra-port': text,
  workers: text,
  connectors: text,
  kills: text,
  freezes: text,
  input: text,
  posts: text,
  seed: text,
  'commit-interval-ms': text,
  'session-timeout-ms': text,
  guarantee: text,
  keep: flag,
  help: flag,
} as const;

type Values = { readonly [K in keyof typeof known]?: string | boolean };

/** Options from the command line, or 'help'. Throws UsageError. */
export function parseOptions(args: readonly string[], now: () => number): VerifyOptions | 'help' {
  const values = read(args);
  if (values.help) return 'help';
  if (!values.real && !values.kafka)
    throw new UsageError('the verification runs on real servers: add --real, or --kafka HOST:PORT');
  const whole = (name: keyof typeof known, fallback: number, least: number): number =>
    wholeNumber(name, values[name], least) ?? fallback;
  const string = (name: keyof typeof known): string | undefined => values[name] as string | undefined;
  return {
    kafka: string('kafka'),
    cassandra: string('cassandra'),
    kafkaPort: wholeNumber('kafka-port', values['kafka-port'], 1),
    cassandraPort: wholeNumber('cassandra-port', values['cassandra-port'], 1),
    workers: whole('workers', 3, 1),
    connectors: whole('connectors', 1, 0),
    kills: whole('kills', 10, 0),
    freezes: whole('freezes', 2, 0),
    input: string('input'),
    posts: whole('posts', 40_000, 1),
    seed: whole('seed', now() % 1_000_000, 0),
    commitIntervalMs: whole('commit-interval-ms', 250, 1),
    sessionTimeoutMs: whole('session-timeout-ms', 6_000, 1),
    guarantee: guaranteeOf(values.guarantee),
    keep: values.keep === true,
  };
}

function read(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options: known, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function guaranteeOf(value: string | boolean | undefined): VerifyOptions['guarantee'] {
  if (value === undefined) return 'exactly_once_v2';
  if (value === 'exactly_once_v2' || value === 'at_least_once') return value;
  throw new UsageError(`--guarantee ${value} is not known; write exactly_once_v2 or at_least_once`);
}

function wholeNumber(name: string, value: string | boolean | undefined, least: number): number | undefined {
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < least)
    throw new UsageError(`--${name} ${value} is not a whole number from ${least}`);
  return number;
}
