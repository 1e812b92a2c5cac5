/** node tools/run.mjs APP ARGS...: installs and builds what is needed, then runs an app with its arguments. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureBuilt, ensureInstalled } from './workspace.mjs';

export function runApp(app, args) {
  ensureInstalled();
  ensureBuilt();
  const main = path.join(import.meta.dirname, '..', 'apps', app, 'dist/main.js');
  const child = spawn(process.execPath, ['--enable-source-maps', main, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

if (process.argv[1] === import.meta.filename) runApp(process.argv[2], process.argv.slice(3));
