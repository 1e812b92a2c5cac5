/** Finds Java and fetches server classes with Maven. Nothing is downloaded twice. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { home, ServerError } from './home.mjs';

/** The home of the oldest installed Java whose major version is in [min, max]; JAVA_HOME wins when it fits. */
export function javaHome(min, max = 999) {
  const jvms = '/usr/lib/jvm';
  const candidates = [
    process.env['JAVA_HOME'],
    ...(existsSync(jvms) ? readdirSync(jvms).map((d) => path.join(jvms, d)) : []),
  ];
  const which = spawnSync('sh', ['-c', 'readlink -f "$(command -v java)"'], { encoding: 'utf8' }).stdout.trim();
  if (which) candidates.push(path.dirname(path.dirname(which)));
  const found = candidates
    .filter((dir) => dir && existsSync(path.join(dir, 'bin/java')))
    .map((dir) => ({ dir, version: majorVersion(dir) }))
    .filter(({ version }) => version >= min && version <= max);
  if (found.length === 0) {
    throw new ServerError(
      `no Java ${min}${max === 999 ? ' or newer' : ''} found`,
      'Install one (Debian: openjdk-17-jre-headless) or set JAVA_HOME.',
    );
  }
  const preferred = found.find(({ dir }) => dir === process.env['JAVA_HOME']);
  return (preferred ?? found.sort((a, b) => a.version - b.version)[0]).dir;
}

function majorVersion(dir) {
  const { stderr } = spawnSync(path.join(dir, 'bin/java'), ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0);
}

/** True when servers can be started here: Java 17, and Maven or classes fetched earlier. */
export function canRunServers() {
  try {
    javaHome(17, 17);
  } catch {
    return false;
  }
  return hasMaven() || (existsSync(libDir('kafka-4.3.1')) && existsSync(libDir('cassandra-5.0.8')));
}

const hasMaven = () => spawnSync('mvn', ['--version']).status === 0;
const libDir = (name) => path.join(home(), 'lib', name, '.complete');

/** Copies an artifact and its runtime dependencies to the server home, once; gives the folder. */
export function mavenLibrary(name, dependencies) {
  const dir = path.join(home(), 'lib', name);
  if (existsSync(libDir(name))) return dir;
  if (!hasMaven())
    throw new ServerError(
      'Maven (mvn) is needed for the first start',
      'Install Maven 3.8 or newer, or start the servers with Docker: docker/compose.yaml.',
    );
  process.stderr.write(`fetching ${name} with Maven (first start only) ...\n`);
  mkdirSync(path.join(home(), 'lib'), { recursive: true });
  const work = mkdtempSync(path.join(home(), 'resolve-'));
  try {
    writeFileSync(path.join(work, 'pom.xml'), pom(name, dependencies));
    const args = [
      '-q',
      '-B',
      '-Dstyle.color=never',
      '-f',
      path.join(work, 'pom.xml'),
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${work}/out`,
    ];
    const result = spawnSync('mvn', args, { encoding: 'utf8', env: { ...process.env, JAVA_HOME: javaHome(17) } });
    if (result.status !== 0) {
      throw new ServerError(
        `Maven could not fetch ${name}: ${(result.stdout + result.stderr).trim().split('\n').slice(-3).join(' ')}`,
        'Check the network and the Maven settings, then try again.',
      );
    }
    writeFileSync(path.join(work, 'out', '.complete'), '');
    rmSync(dir, { recursive: true, force: true });
    renameSync(path.join(work, 'out'), dir);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return dir;
}

function pom(name, dependencies) {
  const blocks = dependencies.map((coordinates) => {
    const [group, artifact, version] = coordinates.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>millrace</groupId><artifactId>${name}</artifactId><version>1</version><dependencies>${blocks.join('')}</dependencies></project>`;
}
