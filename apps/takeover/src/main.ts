/** npm run takeover-test: applications go from the JVM to Millrace and back, and must give what they give without. `--help` shows the options. */
import { MillraceError, silentLogger, systemClock, systemRandom } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import { createKafkajsClient } from '@millrace/client-kafkajs';
import type { KafkaClient } from '@millrace/ports';
import { parseConfig } from '@millrace/runtime';
import { describe } from '@millrace/topology';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ClusterView } from './cluster-view.ts';
import { describeOnJvm, jvmClassPath } from './jvm-build.ts';
import { parseOptions, usage, UsageError, type TakeoverOptions } from './options.ts';
import { runRound, type ScenarioResult } from './round.ts';
import type { Scenario } from './scenario.ts';

const together = 7;

const began = systemClock.monotonic();
const say = (text: string): void =>
  void process.stderr.write(`${((systemClock.monotonic() - began) / 1_000).toFixed(1).padStart(6)} s  ${text}\n`);

async function main(options: TakeoverOptions): Promise<number> {
  const bootstrap = options.kafka ?? startedKafka();
  const classPath = jvmClassPath();
  const dir = mkdtempSync(path.join(tmpdir(), 'millrace-takeover-'));
  const prefix = `takeover-${systemRandom.uuid().slice(0, 8)}-`;
  const client = writingClient(bootstrap);
  const reader = readingClient(bootstrap);
  say(`seed ${options.seed}, topics ${prefix}*, states and logs in ${dir}`);
  try {
    await client.connect();
    const results = describeResults(options.scenarios, classPath);
    for (let round = 0; round < options.rounds; round++)
      for (const [i, scenarios] of inBatches(options.scenarios).entries()) {
        const name = `${round + 1}${String.fromCharCode(97 + i)}`;
        say(`round ${round + 1} of ${options.rounds}: ${scenarios.map((scenario) => scenario.name).join(', ')}`);
        const seed = options.seed + round;
        const own = { prefix: `${prefix}${name}-`, dir: path.join(dir, `round-${name}`), seed, round, scenarios };
        const common = { bootstrap, classPath, client, say, view: new ClusterView(client, reader) };
        results.push(...(await runRound({ ...options, ...common, ...own })));
      }
    const isGood = told(results);
    if (isGood && !options.keep) rmSync(dir, { recursive: true, force: true });
    return isGood ? 0 : 1;
  } finally {
    if (!options.keep)
      await removeTraces(client, prefix).catch((error: unknown) => say(`topics were left behind: ${String(error)}`));
    await Promise.allSettled([client.close(), reader.close()]);
  }
}

/** What runs at once: three processes with all of them must not starve each other, or members are late and are put out of their groups. */
function inBatches(scenarios: readonly Scenario[]): readonly (readonly Scenario[])[] {
  const count = Math.ceil(scenarios.length / together);
  const size = Math.ceil(scenarios.length / count);
  return Array.from({ length: count }, (_, i) => scenarios.slice(i * size, (i + 1) * size));
}

/** Both libraries must see the same topology. */
function describeResults(scenarios: readonly Scenario[], classPath: string): ScenarioResult[] {
  const applications = scenarios.map((scenario) => ({ ...describedAs, scenario }));
  const theirs = describeOnJvm(classPath, applications);
  return scenarios.map(({ name, program, settings }, i) => {
    const config = parseConfig({ ...settings, applicationId: describedAs.applicationId, bootstrapServers: 'none:1' });
    const ours = describe(program(describedAs, config).topology);
    const faults = ours === theirs[i] ? [] : [`describe() differs from the JVM's; ours is\n${ours}`];
    return { scenario: `describe ${name}`, compared: ours.trim().split('\n').length, faults };
  });
}

const describedAs = { applicationId: 'described', inputs: 'in-', outputs: 'out-' };

/** Prints the summary; true when nothing differs. */
function told(results: readonly ScenarioResult[]): boolean {
  for (const { scenario, compared, faults } of results) {
    console.log(`${faults.length === 0 ? 'equal ' : 'WRONG '} ${scenario}: ${compared} lines compared`);
    for (const fault of faults) console.log(`         ${fault}`);
  }
  const failed = results.filter(({ faults }) => faults.length > 0).length;
  console.log(`${results.length - failed} passed, ${failed} failed`);
  return failed === 0;
}

function startedKafka(): string {
  const cli = path.join(import.meta.dirname, '../../../tools/servers/cli.mjs');
  const { status, stdout } = spawnSync(process.execPath, [cli, 'up', 'kafka'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = /^kafka (\S+) up$/m.exec(stdout)?.[1];
  if (status !== 0 || address === undefined) throw new Error('kafka did not start; the lines above say why');
  return address;
}

async function removeTraces(client: KafkaClient, prefix: string): Promise<void> {
  const own = (await client.listTopics()).filter((name) => name.startsWith(prefix));
  await client.admin.deleteTopics(own);
}

function writingClient(bootstrapServers: string): KafkaClient {
  return createKafkaClient({
    bootstrapServers,
    clientId: 'takeover-test',
    transport: tcpTransport(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
}

function readingClient(bootstrapServers: string): KafkaClient {
  return createKafkajsClient({
    kafka: { brokers: bootstrapServers.split(','), clientId: 'takeover-reader', retry: { retries: 10 } },
    clock: systemClock,
    logger: silentLogger,
  });
}

function explain(error: unknown): number {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  if (MillraceError.is(error)) console.error(`remedy: ${error.remedy}`);
  if (error instanceof UsageError) console.error(usage);
  return error instanceof UsageError ? 2 : 1;
}

try {
  const options = parseOptions(process.argv.slice(2), () => Date.now());
  if (options === 'help') console.log(usage);
  else process.exitCode = await main(options);
} catch (error) {
  process.exitCode = explain(error);
}
process.exit();
