/** npm run fuzz: random topologies under random conditions; prints what depends on what it must not, made as small as it can be. */
import { parseArgs } from 'node:util';
import { fuzzSeed } from './fuzz-seed.ts';
import { reportFinding } from './report-finding.ts';

const usage = `npm run fuzz -- [options]     random topologies and inputs, run several times; results must not depend on how
  --seeds N      how many seeds (default 1000)
  --from N       the first seed (default 1)
  --seed N       this seed only
  --no-shrink    do not make failing cases smaller`;

const flags = {
  seeds: { type: 'string', default: '1000' },
  from: { type: 'string', default: '1' },
  seed: { type: 'string' },
  'no-shrink': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

interface Options {
  readonly from: number;
  readonly count: number;
  readonly shrinks: boolean;
}

function parse(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({ args: [...args], options: flags });
    const { seed } = values;
    const [from, count] = seed === undefined ? [Number(values.from), Number(values.seeds)] : [Number(seed), 1];
    if (values.help || !Number.isSafeInteger(from) || !Number.isSafeInteger(count) || from < 0) return usage;
    return { from, count, shrinks: !values['no-shrink'] };
  } catch (error) {
    return `${(error as Error).message}\n${usage}`;
  }
}

async function fuzz({ from, count, shrinks }: Options): Promise<number> {
  const startMs = performance.now();
  let lastLineMs = startMs;
  let checked = 0;
  let failed = 0;
  const reasons = new Set<string>();
  for (let done = 0; done < count; done++) {
    const result = await fuzzSeed(from + done, { shrinks });
    checked += result.checked;
    for (const [change, reason] of result.notClaimed) reasons.add(`${result.family}, ${change}: ${reason}`);
    for (const finding of result.findings) console.log(reportFinding(finding));
    if (result.findings.length > 0) failed++;
    if (performance.now() - lastLineMs < 2_000) continue;
    lastLineMs = performance.now();
    console.log(`${done + 1} of ${count} seeds, ${checked} comparisons, ${failed} failed`);
  }
  for (const reason of [...reasons].sort()) console.log(`not compared: ${reason}`);
  const seconds = Math.round((performance.now() - startMs) / 100) / 10;
  console.log(JSON.stringify({ seeds: count, comparisons: checked, failed, seconds }));
  return failed;
}

const options = parse(process.argv.slice(2));
if (typeof options === 'string') {
  console.log(options);
  process.exitCode = 2;
} else if ((await fuzz(options)) > 0) {
  process.exitCode = 1;
}
