/** npm run check: format, types, lint with layer boundaries, house rules. Every step runs; the exit code tells whether all passed. */
import { spawnSync } from 'node:child_process';
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

function run(name, command, args) {
  const result = spawnSync(command, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
  });
  return report(name, result.status === 0 ? [] : [`${command} ${args.join(' ')} failed`]);
}

function report(name, faults) {
  for (const fault of faults) console.log(`  ${fault}`);
  console.log(`${faults.length === 0 ? 'ok  ' : 'FAIL'} ${name}`);
  return faults.length === 0;
}

const files = sourceFiles(root);
const tracked = spawnSync('git', ['ls-files'], { encoding: 'utf8' })
  .stdout.split('\n')
  .filter((file) => file && file !== 'package-lock.json');
const results = [
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
  run('format', 'npx', ['prettier', '--check', '--log-level', 'warn', '.']),
  run('types', 'npx', ['tsc', '-p', 'tsconfig.json']),
  run('lint', 'npx', ['nx', 'run-many', '-t', 'lint', '--parallel=2', '--output-style=static']),
];
process.exitCode = results.every(Boolean) ? 0 : 1;
