/** The command `millrace`. Exit codes: 0 all is well, 1 something is not, 2 the command was written wrongly. */
import { MillraceError } from '@millrace/base';
import { runTakeoverCheck } from './takeover-check-command.ts';
import { UsageError } from './usage-error.ts';

const usage = `usage: millrace COMMAND [options]
  takeover-check   whether an application of the JVM library can be taken over by a topology here
millrace COMMAND --help tells more.`;

async function run([command, ...args]: readonly string[]): Promise<number> {
  if (command === 'takeover-check')
    return runTakeoverCheck(args, (text) => void process.stdout.write(`${text}\n`), process.env);
  if (command === '--help' || command === 'help' || command === '-h') {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  throw new UsageError(command === undefined ? 'no command was given' : `there is no command '${command}'`, usage);
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const isKnown = MillraceError.is(error);
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`error${isKnown ? ` ${error.code}` : ''}: ${message}\n`);
  if (isKnown) process.stderr.write(`remedy: ${error.remedy}\n`);
  if (error instanceof UsageError) process.stderr.write(`${error.usage}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
// A topology module may have opened something.
process.exit();
