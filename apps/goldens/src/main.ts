/** npm run goldens: what was recorded from Kafka Streams and kafka-clients, run here; prints each difference. */
import { parseArgs } from 'node:util';
import { compareCase } from './compare-case.ts';
import { readCases } from './golden-case.ts';
import { runLowLevel } from './low-level.ts';
import { runCase } from './run-case.ts';
import { writeRandomCases } from './random/write-cases.ts';
import { runWire } from './wire.ts';

const usage = `npm run goldens -- DIR|FILE [--only TEXT] [--brief]
npm run goldens -- --low-level FILE
npm run goldens -- --wire FILE
npm run goldens:random -- --out DIR [--seeds N] [--first-seed N] [--family NAME]
npm run goldens:record -- DIR [TO]
  DIR          cases in the format of the recorder (*.json, *.json.gz)
  --only TEXT  cases whose name begins with it
  --brief      one line a case that fails
  --low-level  bytes of keys, serdes, metadata and internal topics
  --wire       messages of the protocol and record batches
  goldens:random  writes N random cases of each family (10), or of one, from a seed on (1); the recorder then says what is expected
  goldens:record  runs the cases of DIR on Kafka Streams and writes what is expected into them, or to TO; needs Java 17 and Maven
examples:
  npm run goldens -- ../shared/goldens/streams
  npm run goldens -- ../shared/goldens/streams --only tumbling-
  npm run goldens -- --wire ../shared/goldens/wire.json.gz`;

interface Options {
  readonly only?: string | undefined;
  readonly brief?: boolean | undefined;
}

/** How many failed. */
async function runCases(from: string, { only = '', brief = false }: Options): Promise<number> {
  const cases = readCases(from).filter(({ name }) => name.startsWith(only));
  const unrecorded = cases.find(({ expected }) => (expected as unknown) === undefined);
  if (unrecorded !== undefined) throw new Error(`${unrecorded.name} says nothing of what is expected: record it first`);
  let failed = 0;
  for (const golden of cases) {
    const differences = compareCase(golden, await runCase(golden));
    if (differences.length === 0) continue;
    failed++;
    console.log(`FAILED ${golden.name}: ${golden.about}`);
    for (const difference of brief ? differences.slice(0, 1) : differences) console.log(`  - ${difference}`);
  }
  return end(cases.length - failed, failed);
}

function lowLevel(file: string): number {
  const results = runLowLevel(file);
  for (const { section, passed, failed, unknown } of results) {
    for (const fault of failed) console.log(`FAILED ${fault}`);
    if (unknown > 0) console.log(`FAILED ${section}: its ${unknown} entries cannot be checked yet`);
    else console.log(`${section}: ${passed} passed, ${failed.length} failed`);
  }
  const failed = results.reduce((sum, one) => sum + one.failed.length + one.unknown, 0);
  return end(
    results.reduce((sum, { passed }) => sum + passed, 0),
    failed,
  );
}

function wire(file: string): number {
  const { count, failed } = runWire(file);
  for (const fault of failed) console.log(`FAILED ${fault}`);
  return end(count - failed.length, failed.length);
}

function end(passed: number, failed: number): number {
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      only: { type: 'string' },
      brief: { type: 'boolean' },
      'low-level': { type: 'string' },
      wire: { type: 'string' },
      random: { type: 'boolean' },
      out: { type: 'string' },
      seeds: { type: 'string' },
      'first-seed': { type: 'string' },
      family: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [from] = positionals;
  if (values['low-level'] !== undefined) return lowLevel(values['low-level']);
  if (values.wire !== undefined) return wire(values.wire);
  if (values.random === true && values.out !== undefined) {
    const { out, seeds = '10', 'first-seed': firstSeed = '1', family } = values;
    const count = writeRandomCases({ out, seeds: Number(seeds), firstSeed: Number(firstSeed), family });
    console.log(`${count} cases in ${out}`);
    return 0;
  }
  if (from !== undefined && !values.help) return runCases(from, values);
  console.log(usage);
  return values.help ? 0 : 2;
}

process.exitCode = await main();
