/** npm run bench: one workload of the peer benches, on Millrace; with `--peer` in turns with Kafka Streams on the JVM. */
import { MillraceError } from '@millrace/base';
import { brokerFor } from './brokers.ts';
import { compare } from './compare.ts';
import { drain } from './drain.ts';
import { parseOptions, usage, UsageError } from './options.ts';

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const options = parseOptions(args);
  if (options === 'help') {
    console.log(usage);
    return 0;
  }
  const broker = await brokerFor(options);
  try {
    if (options.peer !== undefined) return (await compare(options, args, broker.address)) ? 0 : 1;
    console.log(JSON.stringify(await drain(options, broker.address)));
    return 0;
  } finally {
    broker.close();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  process.stderr.write(`error: ${text}\n${MillraceError.is(error) ? `${error.remedy}\n` : ''}`);
  if (error instanceof UsageError) process.stderr.write(`${usage}\n`);
  else if (error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
