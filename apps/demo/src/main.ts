/** npm start: feeds posts, counts their hashtags exactly once, fills tables, reads the counts back and compares. `--help` shows the options. */
import { MillraceError, type Logger } from '@millrace/base';
import { InputError } from './input-file.ts';
import { UsageError, parseOptions, usage, type DemoOptions } from './options.ts';
import { runDemo } from './run-demo.ts';
import { openSurroundings } from './surroundings.ts';
import { lineView, terminalView } from './view.ts';

/** Warnings and errors go beside the view. */
const logger: Logger = {
  log: (level, text, fields) => {
    if (level === 'error' || level === 'warn')
      process.stderr.write(`${level}: ${text} ${JSON.stringify(fields ?? {})}\n`);
  },
};

async function main(options: DemoOptions): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      // The second one does not wait for the draining.
      if (stop.signal.aborted) process.exit(130);
      stop.abort();
    });
  }
  const around = await openSurroundings(options, logger);
  try {
    process.stderr.write(`${around.notice}\n`);
    const view = options.plain || !process.stdout.isTTY ? lineView(process.stderr) : terminalView(process.stdout);
    const summary = await runDemo(options, around, { view, logger, signal: stop.signal });
    console.log(JSON.stringify(summary));
    return summary.counted === summary.mentions ? 0 : 1;
  } finally {
    await around.close();
  }
}

function explain(error: unknown): number {
  const isKnown = MillraceError.is(error);
  console.error(`error${isKnown ? ` ${error.code}` : ''}: ${error instanceof Error ? error.message : String(error)}`);
  if (isKnown) console.error(`remedy: ${error.remedy}`);
  if (error instanceof UsageError) console.error(`\n${usage}`);
  return error instanceof UsageError || error instanceof InputError ? 2 : 1;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') console.log(usage);
  else process.exitCode = await main(options);
} catch (error) {
  process.exitCode = explain(error);
}
process.exit();
