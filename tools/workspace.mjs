/** Makes a fresh clone ready: packages installed as the lockfile says, everything built. Both do nothing when nothing changed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const stamp = path.join(root, 'node_modules/.millrace-lock');

/** Runs `npm ci` unless node_modules belongs to this lockfile already. */
export function ensureInstalled() {
  const lock = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  const npmOwn = path.join(root, 'node_modules/.package-lock.json');
  const installedByHand =
    existsSync(npmOwn) && statSync(npmOwn).mtimeMs >= statSync(path.join(root, 'package-lock.json')).mtimeMs;
  if (!installedByHand) {
    process.stderr.write('installing packages (first run only) ...\n');
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  writeFileSync(stamp, lock);
}

/** Builds what changed since the last build. */
export function ensureBuilt() {
  process.stderr.write('building what changed ...\n');
  run('npx', ['nx', 'run-many', '-t', 'build', '--parallel=2', '--output-style=stream'], 'quiet');
}

function run(command, args, output) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', output === 'quiet' ? 'pipe' : 'inherit', output === 'quiet' ? 'pipe' : 'inherit'],
    env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
  });
  if (result.status === 0) return;
  if (output === 'quiet') process.stderr.write(`${result.stdout}${result.stderr}`);
  process.stderr.write(`error: ${command} ${args.join(' ')} failed\n`);
  process.exit(1);
}
