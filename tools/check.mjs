/** npm run check: format, types, lint with layer boundaries, house rules. Every step runs, lint beside the others; the exit code tells whether all passed. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import {
  bannedWords,
  largeFiles,
  layerFaults,
  projectLayers,
  sourceFiles,
  vagueNames,
  wideIndexes,
} from './house-rules.mjs';
import { ensureInstalled } from './workspace.mjs';

const root = path.join(import.meta.dirname, '..');
process.chdir(root);
ensureInstalled();
// It needs the compiler, which is there only now.
const { undocumented } = await import('./doc-comments.mjs');

/** Runs beside others; what it prints comes in one piece when it ends. */
async function run(name, ...args) {
  const child = spawn('npx', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => printed.push(bytes));
  const [status] = await once(child, 'close');
  process.stdout.write(Buffer.concat(printed));
  return report(name, status === 0 ? [] : [`${args.join(' ')} failed`]);
}

function report(name, faults) {
  for (const fault of faults) console.log(`  ${fault}`);
  console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  return faults.length === 0;
}

// The layer rule reads the graph of projects that Nx keeps; where there is none eslint leaves the rule out.
const graph = spawnSync('npx', ['nx', 'show', 'projects'], {
  stdio: ['ignore', 'ignore', 'inherit'],
  env: { ...process.env, NX_DAEMON: 'false' },
});
// A process for all libraries and one for all applications: types are read twice instead of once a project, and neither needs more memory than Node gives.
const cache = ['--cache', '--cache-strategy', 'content', '--cache-location', 'node_modules/.cache/eslint/'];
const lintOf = (dir) => run(`lint ${dir}`, 'eslint', dir, '--max-warnings', '0', ...cache);
const lint = lintOf('libs').then(async (isClean) => [isClean, await lintOf('apps')]);
const formatAndTypes = run('format', 'prettier', '--check', '--log-level', 'warn', '.').then(async (isFormatted) => [
  isFormatted,
  await run('types', 'tsc', '-p', 'tsconfig.json'),
]);

const files = sourceFiles(root);
const tracked = spawnSync('git', ['ls-files'], { encoding: 'utf8' })
  .stdout.split('\n')
  .filter((file) => file && file !== 'package-lock.json');
const results = [
  report('project graph', graph.status === 0 ? [] : ['nx show projects failed']),
  report('layers', layerFaults(files, projectLayers(root))),
  report('banned words', bannedWords(files)),
  report('names', [...vagueNames(files), ...wideIndexes(files)]),
  report('doc comments', undocumented(root)),
  report(
    'file sizes',
    largeFiles(
      root,
      tracked.filter((file) => !file.includes('/testdata/')),
    ),
  ),
  ...(await formatAndTypes),
  ...(await lint),
];
process.exitCode = results.every(Boolean) ? 0 : 1;
