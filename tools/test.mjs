/**
 * npm test: unit, int and simulator lanes, then the real-server lane against Kafka 4.3.1 and Cassandra 5.0.8, which it starts by itself
 * where Java 17 and Maven are there. Otherwise it says which tests did not run. Ends with `N passed, N failed, N skipped`.
 * `npm test -- PATTERN` runs the files that match in the first lane only.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cassandra } from './servers/cassandra.mjs';
import { canRunServers } from './servers/java.mjs';
import { kafka } from './servers/kafka.mjs';
import { ensureBuilt, ensureInstalled } from './workspace.mjs';

const root = path.join(import.meta.dirname, '..');
process.chdir(root);
const work = mkdtempSync(path.join(tmpdir(), 'millrace-test-'));
const totals = { passed: 0, failed: 0, skipped: 0 };

function lane(name, jestArgs, env = {}) {
  console.log(`\n== ${name}`);
  const output = path.join(work, `${name.replace(/\W+/g, '-')}.json`);
  const result = spawnSync(
    'npx',
    ['jest', '--json', `--outputFile=${output}`, '--passWithNoTests', '--silent=false', ...jestArgs],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, ...env, NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
    },
  );
  let summary;
  try {
    summary = JSON.parse(readFileSync(output, 'utf8'));
  } catch {
    totals.failed += 1;
    console.log(`FAIL ${name}: Jest did not finish (exit code ${result.status})`);
    return;
  }
  totals.passed += summary.numPassedTests;
  totals.failed += summary.numFailedTests + summary.numRuntimeErrorTestSuites;
  totals.skipped += summary.numPendingTests + summary.numTodoTests;
  for (const suite of summary.testResults) {
    for (const test of suite.assertionResults.filter(({ status }) => status === 'pending' || status === 'todo')) {
      console.log(`SKIPPED ${path.relative(root, suite.name)}: ${test.fullName}`);
    }
  }
}

async function realLane() {
  const files = ['libs', 'apps']
    .flatMap((dir) => readdirSync(dir, { recursive: true }).map((file) => path.join(dir, String(file))))
    .filter((file) => file.endsWith('.real.test.ts') && !file.includes('node_modules') && !file.includes('/dist/'));
  if (files.length === 0) return;
  if (!canRunServers()) {
    console.log(
      '\n== real servers: Java 17 and Maven are not here, so these did not run (docker/compose.yaml brings the servers too):',
    );
    for (const file of files) console.log(`SKIPPED ${file}`);
    totals.skipped += files.length;
    if (process.env['CI'] === 'true') {
      console.log('FAIL in CI a real-server test that does not run is a failure');
      totals.failed += files.length;
    }
    return;
  }
  const ports = {
    kafka: Number(process.env['MILLRACE_KAFKA_PORT'] ?? kafka.defaultPort),
    cassandra: Number(process.env['MILLRACE_CASSANDRA_PORT'] ?? cassandra.defaultPort),
  };
  const wasUp = { kafka: await kafka.isUp(ports.kafka), cassandra: await cassandra.isUp(ports.cassandra) };
  try {
    await kafka.up({ port: ports.kafka });
    await cassandra.up({ port: ports.cassandra });
    lane('real Kafka 4.3.1 and Cassandra 5.0.8', ['--runInBand'], {
      MILLRACE_REAL: '1',
      KAFKA_BOOTSTRAP: kafka.address(ports.kafka),
      CASSANDRA_CONTACT_POINTS: cassandra.address(ports.cassandra),
    });
  } catch (error) {
    totals.failed += 1;
    console.log(`FAIL real servers did not start: ${error.message}\nremedy: ${error.remedy ?? ''}`);
  } finally {
    if (!wasUp.kafka) await kafka.down(ports.kafka);
    if (!wasUp.cassandra) await cassandra.down(ports.cassandra);
  }
}

ensureInstalled();
ensureBuilt();
const patterns = process.argv.slice(2);
lane('unit, integration and simulator', ['--maxWorkers=2', ...patterns]);
if (patterns.length === 0) await realLane();
rmSync(work, { recursive: true, force: true });
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;
