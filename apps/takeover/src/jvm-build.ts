/** The Java program of testdata/jvm, built with Maven outside of the repository, once for each state of its sources. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { specText, type ApplicationSpec } from './application-spec.ts';

const sources = path.join(import.meta.dirname, '../testdata/jvm');

/** What `java -cp` needs to run `takeover.Main`. Throws with the reason when it cannot be built. */
export function jvmClassPath(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  const build = path.join(cache, 'millrace/takeover', digestOf(sources));
  const done = path.join(build, 'class-path.txt');
  if (!existsSync(done)) compile(build, done);
  return readFileSync(done, 'utf8');
}

function compile(build: string, done: string): void {
  process.stderr.write('building the JVM applications with Maven (first run only) ...\n');
  const work = `${build}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    cpSync(sources, work, { recursive: true });
    const { status, error } = spawnSync('mvn', ['-q', '-B', '-Dstyle.color=never', 'compile'], {
      cwd: work,
      stdio: ['ignore', 2, 2],
    });
    if (status !== 0)
      throw new Error(
        `the JVM applications could not be built${error === undefined ? '' : ` (${error.message})`}; they need Java 17 and Maven 3.8 or newer`,
      );
    const classPath = readFileSync(path.join(work, 'target/cp.txt'), 'utf8').trim();
    rmSync(build, { recursive: true, force: true });
    renameSync(work, build);
    writeFileSync(done, `${path.join(build, 'target/classes')}:${classPath}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function digestOf(dir: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map((entry) => path.join(entry.parentPath, entry.name)).sort();
  for (const name of names) hash.update(path.relative(dir, name)).update(readFileSync(name));
  return hash.digest('hex').slice(0, 16);
}

/** `Topology#describe` of the JVM library, of each application. */
export function describeOnJvm(classPath: string, applications: readonly ApplicationSpec[]): readonly string[] {
  const args = ['-cp', classPath, 'takeover.Main', 'describe', ...applications.map(specText)];
  const { stdout, stderr, status } = spawnSync('java', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`java ended with ${status}: ${stderr}`);
  return stdout.split('end\n').slice(0, applications.length);
}
