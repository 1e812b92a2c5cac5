/** npm run goldens -- DIR: runs cases recorded from Kafka Streams and prints each difference. */
import { parseArgs } from 'node:util';
import { compareCase } from './compare-case.ts';
import { readCases } from './golden-case.ts';
import { runCase } from './run-case.ts';

const usage = `npm run goldens -- DIR|FILE [--only TEXT] [--brief]
  DIR          cases in the format of the recorder (*.json, *.json.gz)
  --only TEXT  cases whose name begins with it
  --brief      one line a case that fails
examples:
  npm run goldens -- ../shared/goldens/streams
  npm run goldens -- ../shared/goldens/streams --only tumbling-`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { only: { type: 'string' }, brief: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  const [from] = positionals;
  if (values.help || from === undefined) {
    console.log(usage);
    return values.help ? 0 : 2;
  }
  const cases = readCases(from).filter(({ name }) => name.startsWith(values.only ?? ''));
  let failed = 0;
  for (const golden of cases) {
    const differences = compareCase(golden, await runCase(golden));
    if (differences.length === 0) continue;
    failed++;
    console.log(`FAILED ${golden.name}: ${golden.about}`);
    for (const difference of values.brief ? differences.slice(0, 1) : differences) console.log(`  - ${difference}`);
  }
  console.log(`${cases.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main();
