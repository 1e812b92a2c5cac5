/** Kafka Streams on the JVM, from the sources of the peer benches: built once outside the repository, run on the same topics. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { RunResult } from './drain.ts';
import { UsageError, type WorkloadOptions } from './options.ts';

/** Gives the class path of the built peer. */
export function buildPeer(sources: string): string {
  const java = path.join(sources, 'java');
  if (!existsSync(path.join(java, 'pom.xml'))) throw new UsageError(`--peer ${sources} holds no java/pom.xml`);
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  const build = path.join(cache, 'millrace/peer-bench');
  const classPath = path.join(build, 'target/cp.txt');
  if (!existsSync(classPath)) {
    process.stderr.write('building the JVM peer (first run only) ...\n');
    mkdirSync(build, { recursive: true });
    cpSync(java, build, { recursive: true });
    const { status } = spawnSync('mvn', ['-q', '-B', 'compile'], { cwd: build, stdio: ['ignore', 2, 2] });
    if (status !== 0) throw new UsageError('the JVM peer could not be built; it needs Java 17 and Maven');
  }
  return `${path.join(build, 'target/classes')}:${readFileSync(classPath, 'utf8').trim()}`;
}

export async function runPeer(classPath: string, options: WorkloadOptions, bootstrap: string): Promise<RunResult> {
  const { command, exactlyOnce, commitMs, prefix } = options;
  const args = ['-Xms1g', '-Xmx1g', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  args.push('-Dorg.slf4j.simpleLogger.log.org.apache.kafka=error', '-cp', classPath, 'bench.Bench');
  args.push('--workload', command, '--guarantee', exactlyOnce ? 'eos' : 'alos', '--commit-ms', String(commitMs));
  args.push('--bootstrap', bootstrap, '--prefix', prefix);
  const child = spawn('java', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return lastLine(child);
}

/** The JSON line that a run ends with. */
async function lastLine(child: ChildProcess): Promise<RunResult> {
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const line = text.trim().split('\n').at(-1) ?? '';
  if (code !== 0 || !line.startsWith('{')) throw new Error(`the JVM peer ended with code ${code}: ${line}`);
  return JSON.parse(line) as RunResult;
}
