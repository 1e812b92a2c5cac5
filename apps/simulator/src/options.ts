/** The command line of the simulator. */
import { parseArgs } from 'node:util';
import { mutants, type MutantName } from './mutant.ts';
import type { Subject } from './subject.ts';
import { subjects } from './subjects.ts';

export const usage = `npm run simulate -- [options]     the whole system in virtual time, with faults, from seeds
  --seeds N        how many seeds (default 300)
  --from N         the first seed (default 1)
  --subject NAME   ${subjects.map(({ name }) => name).join(' or ')}, instead of the main job
  --seed N         this seed only
  --plan FILE      the plan in this file instead of a seed's
  --save FILE      write the plan that is run (with --seed or --plan): it means the same when seeds are drawn otherwise
  --trace          print everything that happened (with --seed or --plan)
  --mutant NAME    with a mistake in the wiring, to see it caught: ${Object.keys(mutants).join(', ')}
  --no-shrink      do not look for a smaller plan that fails too`;

export interface Options {
  readonly seeds: readonly number[];
  /** Instead of the main job. */
  readonly subject: Subject | undefined;
  /** Instead of seeds. */
  readonly planFile: string | undefined;
  readonly saveTo: string | undefined;
  readonly trace: boolean;
  readonly shrink: boolean;
  readonly mutant: MutantName | undefined;
}

const flags = {
  seeds: { type: 'string', default: '300' },
  from: { type: 'string', default: '1' },
  seed: { type: 'string' },
  plan: { type: 'string' },
  save: { type: 'string' },
  trace: { type: 'boolean', default: false },
  subject: { type: 'string' },
  mutant: { type: 'string' },
  'no-shrink': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** Options of the command line, or the text that says what is wrong with them. */
export function parseOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({ args: [...args], options: flags });
    const { seed, plan: planFile, save: saveTo } = values;
    const [from, count] = seed === undefined ? [Number(values.from), Number(values.seeds)] : [Number(seed), 1];
    if (values.help || !Number.isSafeInteger(from) || !Number.isSafeInteger(count)) return usage;
    if (values.mutant !== undefined && !(values.mutant in mutants))
      return `There is no mutant '${values.mutant}'.\n${usage}`;
    const subject = subjects.find(({ name }) => name === values.subject);
    if (values.subject !== undefined && subject === undefined)
      return `There is no subject '${values.subject}'.\n${usage}`;
    if (seed !== undefined && planFile !== undefined) return `Give --seed or --plan, not both.\n${usage}`;
    if (saveTo !== undefined && seed === undefined && planFile === undefined)
      return `--save goes with --seed or --plan.\n${usage}`;
    return {
      seeds: planFile === undefined ? Array.from({ length: count }, (_, i) => from + i) : [],
      subject,
      planFile,
      saveTo,
      trace: values.trace,
      shrink: !values['no-shrink'],
      mutant: values.mutant as MutantName | undefined,
    };
  } catch (error) {
    return `${(error as Error).message}\n${usage}`;
  }
}
