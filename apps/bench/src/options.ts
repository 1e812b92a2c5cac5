import { parseArgs } from 'node:util';
import type { Where } from './brokers.ts';

/** W1 or W3 of the peer benches. */
export interface WorkloadOptions {
  readonly command: 'W1' | 'W3';
  readonly where: Where;
  readonly exactlyOnce: boolean;
  readonly records: number;
  readonly commitMs: number;
  readonly threads: number;
  readonly prefix: string;
  readonly keep: boolean;
  /** Folder of the peer benches: run in turns with the JVM. */
  readonly peer: string | undefined;
  readonly passes: number;
  /** Of the measured process. */
  readonly nodeArguments: readonly string[];
}

/** The start after kill -9 on state that is there. */
export interface RestartOptions {
  readonly command: 'restart';
  readonly where: Where;
  readonly keys: number;
  readonly keep: boolean;
  readonly nodeArguments: readonly string[];
}

/** A part on its own. */
export interface PartOptions {
  readonly command: 'protocol' | 'async' | 'client' | 'commit';
  readonly where: Where;
  readonly records: number | undefined;
  readonly rounds: number | undefined;
}

export type BenchOptions = WorkloadOptions | RestartOptions | PartOptions;

export const usage = `npm run bench -- W1|W3 [--eos] [--records N] [--real | --bootstrap HOST:PORT]
  one workload of the peer benches: JSON line of their shape, with the digest of the result. CPU is of the application's process,
  all threads, from the first record polled to the last commit
  --eos              exactly once, commits every 100 ms (else at least once, every 1000 ms)
  --records N        bids (default 1000000)
  --real             on the real Kafka of npm run servers (else an embedded broker in a process of its own)
  --bootstrap H:P    on that Kafka
  --commit-ms N      commit interval
  --threads N        stream threads (default 1)
  --prefix TEXT      of the input topics (default nx- for a million bids, else nxN-; loaded when they are not there)
  --keep             leave the topics of the run
  --cpu-prof FOLDER  leave CPU profiles of the application there
  --peer FOLDER      in turns with Kafka Streams on the JVM, built from these peer benches (Java 17, Maven)
  --passes N         how often, with --peer (default 3)
npm run bench -- restart [--keys N] [--real | --bootstrap HOST:PORT]
  kill -9 in the middle of transactions with N keys of state (default 1000000), start again: time from the assignment to the first record
npm run bench -- protocol
  record batches encoded and decoded in memory
npm run bench -- async
  what an asynchronous step costs a record, in memory
npm run bench -- client|commit [--records N] [--rounds N] [--real | --bootstrap HOST:PORT]
  the client beside kafkajs; how long a transaction takes`;

export class UsageError extends Error {}

const million = 1_000_000;
const commands: readonly string[] = ['W1', 'W3', 'restart', 'protocol', 'async', 'client', 'commit'];

export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values, positionals } = read(args);
  if (values.help) return 'help';
  const [name = '', ...more] = positionals;
  if (!commands.includes(name) || more.length > 0) throw new UsageError(`name one of ${commands.join(', ')}`);
  const command = name as BenchOptions['command'];
  if (values.real && values.bootstrap) throw new UsageError('--real and --bootstrap exclude each other');
  switch (command) {
    case 'W1':
    case 'W3':
      return workloadOptions(command, values);
    case 'restart':
      return {
        command,
        where: whereOf(values),
        keys: whole('--keys', values.keys) ?? million,
        keep: values.keep ?? false,
        nodeArguments: profiled(values),
      };
    default:
      return {
        command,
        where: whereOf(values),
        records: whole('--records', values.records),
        rounds: whole('--rounds', values.rounds),
      };
  }
}

function workloadOptions(command: 'W1' | 'W3', values: Values): WorkloadOptions {
  const exactlyOnce = values.eos ?? false;
  const records = whole('--records', values.records) ?? million;
  return {
    command,
    exactlyOnce,
    records,
    where: whereOf(values),
    commitMs: whole('--commit-ms', values['commit-ms']) ?? (exactlyOnce ? 100 : 1_000),
    threads: whole('--threads', values.threads) ?? 1,
    prefix: values.prefix ?? (records === million ? 'nx-' : `nx${records}-`),
    keep: values.keep ?? false,
    peer: values.peer,
    passes: whole('--passes', values.passes) ?? 3,
    nodeArguments: profiled(values),
  };
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const known = {
  eos: flag,
  real: flag,
  keep: flag,
  help: flag,
  records: text,
  bootstrap: text,
  'commit-ms': text,
  threads: text,
  prefix: text,
  'cpu-prof': text,
  peer: text,
  passes: text,
  keys: text,
  rounds: text,
} as const;

type Values = { readonly [K in keyof typeof known]?: (typeof known)[K] extends typeof flag ? boolean : string };

function read(args: readonly string[]): { values: Values; positionals: string[] } {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: known }) as {
      values: Values;
      positionals: string[];
    };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function whereOf({ real, bootstrap }: Values): Where {
  return bootstrap === undefined ? { kind: real ? 'real' : 'embedded' } : { kind: 'bootstrap', address: bootstrap };
}

function profiled({ 'cpu-prof': folder }: Values): readonly string[] {
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

function whole(name: string, given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`${name} ${given} is not a whole number above 0`);
  return value;
}
