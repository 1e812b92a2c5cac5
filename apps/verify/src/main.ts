/** npm run verify: kill -9 on real servers, then every count against a fold of its own. `--help` shows the options. */
import { MillraceError } from '@millrace/base';
import { InputError } from '@millrace/app-demo';
import { shown } from './compare.ts';
import { UsageError, parseOptions, usage } from './options.ts';
import { verify } from './run.ts';

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), () => Date.now());
  if (options === 'help') {
    console.log(usage);
    return 0;
  }
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 100) / 10;
  const say = (text: string): void => void process.stderr.write(`${seconds().toFixed(1).padStart(6)} s  ${text}\n`);
  const { faults, ...outcome } = await verify(options, say);
  for (const fault of shown(faults)) process.stderr.write(`WRONG  ${fault}\n`);
  console.log(JSON.stringify({ ...outcome, differences: faults.length, seconds: seconds() }));
  return faults.length === 0 ? 0 : 1;
}

main()
  .then((code) => process.exit(code))
  .catch((error: unknown) => {
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    if (MillraceError.is(error)) process.stderr.write(`remedy: ${error.remedy}\n`);
    if (error instanceof UsageError) process.stderr.write(`${usage}\n`);
    process.exit(error instanceof UsageError || error instanceof InputError ? 2 : 1);
  });
