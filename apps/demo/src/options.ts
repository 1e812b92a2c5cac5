import { durationMs } from '@millrace/base';
import { parseArgs } from 'node:util';

/** Where the demo runs: everything embedded, on the real servers of this project, or on the user's own. */
export type Where =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'real' }
  | {
      readonly kind: 'own';
      readonly kafka: string;
      readonly registry: string | undefined;
      readonly cassandra: string | undefined;
    };

export interface DemoOptions {
  readonly where: Where;
  /** JSON lines to feed; undefined: the generator. */
  readonly input: string | undefined;
  /** How long the generator feeds; undefined: until interrupted. */
  readonly forMs: number | undefined;
  /** Generated posts a second, and how much faster than the wall clock their event time runs. */
  readonly rate: number;
  readonly speed: number;
  readonly seed: number;
  readonly graceMs: number | undefined;
  readonly threads: number;
  readonly guarantee: 'exactly_once_v2' | 'at_least_once';
  readonly plain: boolean;
}

export const usage = `npm start -- [options]            trending hashtags, exactly once, end to end
  (no option)                     embedded broker, registry and table; Ctrl-C drains and ends
  --for 20s                       end after that long
  --input FILE                    feed a .jsonl or .jsonl.gz file of posts, end when all of it is counted
  --real                          real Kafka 4.3.1 and Cassandra 5.0.8, started here without Docker
  --kafka HOST:PORT               your own Kafka ...
  --registry URL                  ... with your schema registry (else an embedded one)
  --cassandra HOST[:PORT]         ... and your Cassandra (else the embedded table)
  --rate N                        generated posts a second (default 2000)
  --speed N                       event time runs N times as fast (default 60: a 10-minute window takes 10 s)
  --seed N                        of the generator (default 1)
  --grace 1m                      how late posts may come (default 1m; with --input as wide as the file)
  --threads N                     stream threads (default 1)
  --guarantee exactly_once_v2 | at_least_once
  --plain                         lines instead of the live view
The last line on standard output is JSON. Exit code 0: every mention fed was counted once.
examples:
  npm start -- --for 20s
  npm start -- --input posts.jsonl.gz --real`;

/** A mistake on the command line; its message is for the user. */
export class UsageError extends Error {}

/** Options from the command line; the string 'help' when help was asked for. Throws UsageError. */
export function parseOptions(args: readonly string[]): DemoOptions | 'help' {
  const values = read(args);
  if (values.help) return 'help';
  if (values.real && (values.kafka || values.cassandra))
    throw new UsageError('--real brings its own servers; leave --kafka and --cassandra out');
  if (!values.kafka && (values.registry || values.cassandra))
    throw new UsageError('--registry and --cassandra go with --kafka HOST:PORT');
  return {
    where: whereOf(values),
    input: values.input,
    forMs: values.for === undefined ? undefined : duration('--for', values.for),
    rate: positive('--rate', values.rate ?? '2000'),
    speed: positive('--speed', values.speed ?? '60'),
    seed: positive('--seed', values.seed ?? '1'),
    graceMs: values.grace === undefined ? undefined : duration('--grace', values.grace),
    threads: positive('--threads', values.threads ?? '1'),
    guarantee: guaranteeOf(values.guarantee ?? 'exactly_once_v2'),
    plain: values.plain ?? false,
  };
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const known = {
  for: text,
  input: text,
  kafka: text,
  registry: text,
  cassandra: text,
  rate: text,
  speed: text,
  seed: text,
  grace: text,
  threads: text,
  guarantee: text,
  real: flag,
  plain: flag,
  help: flag,
} as const;

type Values = { -readonly [K in keyof typeof known]?: (typeof known)[K] extends typeof flag ? boolean : string };

function read(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options: known, strict: true, allowPositionals: false }).values as Values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function whereOf(values: Values): Where {
  if (values.real) return { kind: 'real' };
  if (!values.kafka) return { kind: 'embedded' };
  return { kind: 'own', kafka: values.kafka, registry: values.registry, cassandra: values.cassandra };
}

function duration(name: string, value: string): number {
  try {
    return durationMs(value);
  } catch {
    throw new UsageError(`${name} ${value} is not a duration; write for instance ${name} 20s`);
  }
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new UsageError(`${name} ${value} is not a whole number above 0`);
  return number;
}

function guaranteeOf(value: string): DemoOptions['guarantee'] {
  if (value !== 'exactly_once_v2' && value !== 'at_least_once') {
    throw new UsageError(`--guarantee ${value} is not known; write exactly_once_v2 or at_least_once`);
  }
  return value;
}
