import { parseArgs } from 'node:util';
import type { Scenario } from './scenario.ts';
import { scenarios } from './scenarios.ts';

export interface TakeoverOptions {
  /** Undefined: the Kafka of this project, started when it is down. */
  readonly kafka: string | undefined;
  readonly scenarios: readonly Scenario[];
  readonly rounds: number;
  /** An odd number: the first and the last run on the JVM. */
  readonly legs: number;
  /** Events of each scenario. */
  readonly events: number;
  readonly seed: number;
  readonly keep: boolean;
}

export const usage = `npm run takeover-test -- [options]   an application goes from the JVM to Millrace and back, on a real broker
  --scenario NAME     ${scenarios.map(({ name }) => name).join(', ')}; may be repeated (default: all)
  --rounds N          each with other cut points (default 2: what one stops in order, the other kills with -9)
  --legs N            an odd number: JVM, Millrace, JVM, ... (default 3)
  --events N          to feed to each scenario (default 3000)
  --seed N            of events and cut points (default: from the clock, printed)
  --kafka HOST:PORT   your own broker (default: npm run servers -- up kafka; MILLRACE_KAFKA_PORT is its port)
  --keep              leave topics, state and logs for a look
Needs Java 17 and Maven. Ends with a summary; exit code 0 when every result equals that of an uninterrupted run on the JVM.`;

export class UsageError extends Error {}

const text = { type: 'string' } as const;

/** Options from the command line, or 'help'. Throws UsageError. */
export function parseOptions(args: readonly string[], now: () => number): TakeoverOptions | 'help' {
  const values = read(args);
  if (values.help === true) return 'help';
  const legs = whole('legs', values.legs, 3);
  if (legs % 2 === 0 || legs < 3) throw new UsageError(`--legs ${legs} is not an odd number from 3`);
  return {
    kafka: values.kafka,
    scenarios: chosen(values.scenario ?? []),
    rounds: whole('rounds', values.rounds, 2),
    legs,
    events: whole('events', values.events, 3_000),
    seed: whole('seed', values.seed, now() % 1_000_000),
    keep: values.keep === true,
  };
}

function read(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const options = {
    scenario: { ...text, multiple: true },
    rounds: text,
    legs: text,
    events: text,
    seed: text,
    kafka: text,
    keep: flag,
    help: flag,
  } as const;
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function chosen(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) return scenarios;
  return names.map((name) => {
    const found = scenarios.find((scenario) => scenario.name === name);
    if (found === undefined) throw new UsageError(`--scenario ${name} is not known`);
    return found;
  });
}

function whole(name: string, value: string | undefined, fallback: number): number {
  const number = value === undefined ? fallback : Number(value);
  if (!Number.isInteger(number) || number < 1) throw new UsageError(`--${name} ${value} is not a whole number from 1`);
  return number;
}
