import { parseArgs } from 'node:util';

export interface BenchOptions {
  readonly workload: 'W1' | 'W3';
  readonly exactlyOnce: boolean;
  readonly records: number;
  readonly where:
    | { readonly kind: 'embedded' }
    | { readonly kind: 'real' }
    | { readonly kind: 'bootstrap'; readonly address: string };
  readonly commitMs: number;
  readonly threads: number;
  readonly prefix: string;
  readonly keep: boolean;
  /** Folder of the peer benches: run in turns with the JVM. */
  readonly peer: string | undefined;
  readonly passes: number;
}

export const usage = `npm run bench -- W1|W3 [--eos] [--records N] [--real | --bootstrap HOST:PORT]
  --eos              exactly once, commits every 100 ms (else at least once, every 1000 ms)
  --records N        bids (default 1000000)
  --real             on the real Kafka of npm run servers (else an embedded broker in a process of its own)
  --bootstrap H:P    on that Kafka
  --commit-ms N      commit interval
  --threads N        stream threads (default 1)
  --prefix TEXT      of the input topics (default nx- for a million bids, else nxN-; loaded when they are not there)
  --keep             leave the topics of the run
  --peer FOLDER      in turns with Kafka Streams on the JVM, built from these peer benches (Java 17, Maven)
  --passes N         how often, with --peer (default 3)
One JSON line of the shape of the peer benches; CPU is of this process, from the first record to the last commit.`;

export class UsageError extends Error {}

export function parseOptions(args: readonly string[]): BenchOptions | 'help' {
  const { values, positionals } = read(args);
  if (values.help) return 'help';
  const [workload, ...more] = positionals;
  if ((workload !== 'W1' && workload !== 'W3') || more.length > 0) throw new UsageError('name one workload: W1 or W3');
  if (values.real && values.bootstrap) throw new UsageError('--real and --bootstrap exclude each other');
  const exactlyOnce = values.eos ?? false;
  const records = whole('--records', values.records ?? '1000000');
  return {
    workload,
    exactlyOnce,
    records,
    where: values.bootstrap
      ? { kind: 'bootstrap', address: values.bootstrap }
      : { kind: values.real ? 'real' : 'embedded' },
    commitMs: whole('--commit-ms', values['commit-ms'] ?? (exactlyOnce ? '100' : '1000')),
    threads: whole('--threads', values.threads ?? '1'),
    prefix: values.prefix ?? (records === 1_000_000 ? 'nx-' : `nx${records}-`),
    keep: values.keep ?? false,
    peer: values.peer,
    passes: whole('--passes', values.passes ?? '3'),
  };
}

function read(args: readonly string[]): { values: Values; positionals: string[] } {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        eos: flag,
        records: text,
        real: flag,
        bootstrap: text,
        'commit-ms': text,
        threads: text,
        prefix: text,
        keep: flag,
        peer: text,
        passes: text,
        help: flag,
      },
    }) as { values: Values; positionals: string[] };
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

interface Values {
  readonly eos?: boolean;
  readonly real?: boolean;
  readonly keep?: boolean;
  readonly help?: boolean;
  readonly records?: string;
  readonly bootstrap?: string;
  readonly 'commit-ms'?: string;
  readonly threads?: string;
  readonly prefix?: string;
  readonly peer?: string;
  readonly passes?: string;
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new UsageError(`${name} ${text} is not a whole number above 0`);
  return value;
}
