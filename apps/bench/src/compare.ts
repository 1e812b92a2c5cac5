/** Workloads side by side with the JVM: in turns, each in a process of its own, so that both meet the same machine. */
import { loadavg } from 'node:os';
import type { RunResult } from './drain.ts';
import { UsageError, type WorkloadOptions } from './options.ts';
import { buildPeer, runPeer } from './peer.ts';

/** The least CPU seconds per million records of each, and ours as a share of the JVM's. */
export interface Comparison {
  readonly comparison: string;
  readonly passes: number;
  readonly millraceCpuPerM: number;
  readonly jvmCpuPerM: number;
  readonly ratio: number;
  readonly millraceCpuPerMSecondHalf: number;
  readonly jvmCpuPerMSecondHalf: number;
  readonly ratioSecondHalf: number;
  readonly wanted: number;
  readonly reached: boolean;
  readonly digestsEqual: boolean;
}

/** Ours as a share of the steady JVM, at most. */
const wantedRatio = { W1: 0.67, W3: 1 };

/** Prints every line; the last one is the comparison. */
export async function compare(
  options: WorkloadOptions,
  bootstrap: string,
  runOwn: () => Promise<RunResult>,
): Promise<boolean> {
  if (options.peer === undefined) throw new UsageError('--peer FOLDER says where the peer benches are');
  const classPath = buildPeer(options.peer);
  const own: RunResult[] = [];
  const peer: RunResult[] = [];
  for (let pass = 1; pass <= options.passes; pass++) {
    own.push(print(await runOwn(), pass));
    peer.push(print(await runPeer(classPath, options, bootstrap), pass));
  }
  const compared = comparison(options, own, peer);
  console.log(JSON.stringify(compared));
  return compared.digestsEqual;
}

export function comparison(
  { command, exactlyOnce, passes }: Pick<WorkloadOptions, 'command' | 'exactlyOnce' | 'passes'>,
  own: readonly RunResult[],
  peer: readonly RunResult[],
): Comparison {
  const least = (results: readonly RunResult[], field: 'cpuPerM' | 'cpuPerMSecondHalf'): number =>
    Math.min(...results.map((result) => result[field]));
  const ratio = (field: 'cpuPerM' | 'cpuPerMSecondHalf'): number =>
    Math.round((least(own, field) / least(peer, field)) * 100) / 100;
  const ratioSecondHalf = ratio('cpuPerMSecondHalf');
  return {
    comparison: `${command} ${exactlyOnce ? 'eos' : 'alos'}`,
    passes,
    millraceCpuPerM: least(own, 'cpuPerM'),
    jvmCpuPerM: least(peer, 'cpuPerM'),
    ratio: ratio('cpuPerM'),
    millraceCpuPerMSecondHalf: least(own, 'cpuPerMSecondHalf'),
    jvmCpuPerMSecondHalf: least(peer, 'cpuPerMSecondHalf'),
    ratioSecondHalf,
    wanted: wantedRatio[command],
    reached: ratioSecondHalf <= wantedRatio[command],
    digestsEqual: new Set([...own, ...peer].map(({ digest }) => digest)).size === 1,
  };
}

function print(result: RunResult, pass: number): RunResult {
  const [load = 0] = loadavg();
  console.log(JSON.stringify({ ...result, pass, load: Math.round(load * 10) / 10 }));
  return result;
}
