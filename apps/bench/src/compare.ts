/** Runs side by side with the JVM: in turns, each in a process of its own, so that both meet the same machine. */
import { spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Result } from './drain.ts';
import type { BenchOptions } from './options.ts';
import { buildPeer, lastLine, runPeer } from './peer.ts';

/** Prints every line; the last one is the comparison of the least CPU of both. */
export async function compare(options: BenchOptions, args: readonly string[], bootstrap: string): Promise<boolean> {
  const classPath = buildPeer(options.peer ?? '');
  const own: Result[] = [];
  const peer: Result[] = [];
  for (let pass = 1; pass <= options.passes; pass++) {
    own.push(print(await runOwn(args, bootstrap), pass));
    peer.push(print(await runPeer(classPath, options, bootstrap), pass));
  }
  const least = (results: readonly Result[], field: string): number =>
    Math.min(...results.map((result) => Number(result[field])));
  const isEqual = new Set([...own, ...peer].map(({ digest }) => digest)).size === 1;
  const steady = least(peer, 'cpuPerMSecondHalf');
  const ratio = (field: string): number => Math.round((least(own, field) / steady) * 100) / 100;
  console.log(
    JSON.stringify({
      comparison: `${options.workload} ${options.exactlyOnce ? 'eos' : 'alos'}`,
      passes: options.passes,
      millraceCpuPerM: least(own, 'cpuPerM'),
      millraceCpuPerMSecondHalf: least(own, 'cpuPerMSecondHalf'),
      jvmCpuPerM: least(peer, 'cpuPerM'),
      jvmCpuPerMSecondHalf: steady,
      ratioToSteadyJvm: ratio('cpuPerM'),
      ratioSteadyToSteady: ratio('cpuPerMSecondHalf'),
      digestsEqual: isEqual,
    }),
  );
  return isEqual;
}

function runOwn(args: readonly string[], bootstrap: string): Promise<Result> {
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  const own = withoutPlaces(args);
  const child = spawn(process.execPath, [...process.execArgv, main, ...own, '--bootstrap', bootstrap], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return lastLine(child, 'a run');
}

/** Arguments of one run: where and how often is decided already. */
function withoutPlaces(args: readonly string[]): string[] {
  const taken = new Set(['--peer', '--passes', '--bootstrap']);
  return args.filter((arg, i) => arg !== '--real' && !taken.has(arg) && !taken.has(args[i - 1] ?? ''));
}

function print(result: Result, pass: number): Result {
  const [load = 0] = loadavg();
  console.log(JSON.stringify({ ...result, pass, load: Math.round(load * 10) / 10 }));
  return result;
}
