/** The command against a broker on a port: what it prints, and how it ends. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { systemClock, systemRandom, silentLogger } from '@millrace/base';
import { Broker, serveBroker, type ServedBroker } from '@millrace/broker';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import { describe } from '@millrace/topology';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Serdes, StreamsBuilder } from '../index.ts';
import { runTakeoverCheck } from './takeover-check-command.ts';

const ports = { clock: systemClock, random: systemRandom, logger: silentLogger };
const dir = mkdtempSync(path.join(tmpdir(), 'takeover-check-'));
const topologyModule = path.join(dir, 'topology.mjs');
const description = path.join(dir, 'describe.txt');
let broker: Broker;
let server: ServedBroker;
let asked: readonly string[];

beforeAll(async () => {
  broker = new Broker(ports);
  server = await serveBroker(broker);
  const bootstrap = `${server.address.host}:${server.address.port}`;
  const client = createKafkaClient({
    bootstrapServers: bootstrap,
    clientId: 'test',
    transport: tcpTransport(),
    ...ports,
  });
  await client.connect();
  await client.admin.createTopics([{ name: 'in', partitions: 2, replicationFactor: 1 }]);
  await client.close();
  const builder = new StreamsBuilder();
  builder.stream('in', { key: Serdes.string(), value: Serdes.string() }).groupByKey().count({ name: 'counts' });
  const { topology } = builder.build();
  // What the check looks at is data: a module of a user has the functions and serdes too.
  writeFileSync(
    topologyModule,
    `export const topology = { topology: ${JSON.stringify(topology)}, functions: {}, serdes: {} };`,
  );
  writeFileSync(description, describe(topology));
  asked = ['--bootstrap', bootstrap, '--application-id', 'app', '--topology', topologyModule];
});

afterAll(async () => {
  await server.close();
  broker.close();
  rmSync(dir, { recursive: true });
});

async function run(...args: readonly string[]): Promise<{ readonly code: number; readonly printed: string }> {
  const printed: string[] = [];
  const code = await runTakeoverCheck(args, (text) => printed.push(text), {});
  return { code, printed: printed.join('\n') };
}

test('prints a line for each thing, and ends with 0 when all fits', async () => {
  const { code, printed } = await run(...asked, '--describe', description);
  expect(code).toBe(0);
  expect(printed).toMatch(/^fits {4}topology: describe\(\) is equal/m);
  expect(printed).toMatch(/^note {4}internal topics: app-counts-changelog is not there; it is made/m);
  expect(printed).toMatch(/^app can be taken over\./m);
});

test('a difference has a remedy, and ends with 1', async () => {
  writeFileSync(path.join(dir, 'other.txt'), 'Topologies:\n   Sub-topology: 0\n    Source: other (topics: [in])\n');
  const { code, printed } = await run(...asked, '--describe', path.join(dir, 'other.txt'));
  expect(code).toBe(1);
  expect(printed).toMatch(/^DIFFERS topology: .*[^]*^ {8}remedy: /m);
  expect(printed).toMatch(/^app cannot be taken over: 1 thing differs\.$/m);
});

test.each([
  ['utf16le', Buffer.from([0xff, 0xfe])],
  ['utf8', Buffer.from([0xef, 0xbb, 0xbf])],
] as const)('a file that a shell of Windows has written (%s) is read', async (encoding, mark) => {
  const file = path.join(dir, `${encoding}.txt`);
  const text = readFileSync(description, 'utf8').replaceAll('\n', '\r\n');
  writeFileSync(file, Buffer.concat([mark, Buffer.from(text, encoding)]));
  expect((await run(...asked, '--describe', file)).printed).toMatch(/^fits {4}topology: describe\(\) is equal/m);
});

test('the module is given the settings as an environment', async () => {
  const module = path.join(dir, 'environment.mjs');
  writeFileSync(
    module,
    `export const topology = (env) => { throw new Error([env.TOPOLOGY_OPTIMIZATION, env.APPLICATION_ID].join()); };`,
  );
  const args = [...asked.slice(0, 4), '--topology', module, '--set', 'topology.optimization=all'];
  await expect(run(...args)).rejects.toMatchObject({ message: expect.stringContaining('all,app') });
});

test('--json is for programs', async () => {
  const { code, printed } = await run(...asked, '--json');
  expect(code).toBe(0);
  expect(JSON.parse(printed)).toMatchObject({
    applicationId: 'app',
    fits: true,
    findings: expect.arrayContaining([expect.objectContaining({ verdict: 'fits', about: 'sources' })]),
  });
});

test.each([
  [['--application-id', 'app'], /--bootstrap, --application-id and --topology are needed/],
  [['--what'], /--what/],
  [['--set', 'nothing'], /--set nothing is not NAME=VALUE/],
  [['--describe', '/nowhere/x.txt'], /--describe \/nowhere\/x.txt cannot be read/],
])('%j is refused with how it is written', async (args, message) => {
  const given = args.includes('app') || args.includes('--what') ? args : [...asked, ...args];
  await expect(run(...given)).rejects.toMatchObject({
    message: expect.stringMatching(message),
    usage: expect.stringContaining('examples:'),
  });
});

test('a module that is none, and settings that are wrong, are named', async () => {
  await expect(run(...asked.slice(0, 4), '--topology', './nowhere.js')).rejects.toMatchObject({
    code: 'MR_CONFIG_TOPOLOGY_MODULE',
  });
  await expect(run(...asked, '--set', 'security.protocol=NONE')).rejects.toMatchObject({ code: 'MR_CONFIG_INVALID' });
});

test('the installed command explains itself, and ends with 2 when it is written wrongly', () => {
  const bin = path.join(import.meta.dirname, '../../bin/millrace.js');
  const call = (...args: string[]) => spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' });
  expect(call('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('takeover-check') });
  expect(call('takeover-check', '--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('examples:') });
  expect(call('take-over')).toMatchObject({ status: 2, stderr: expect.stringContaining("no command 'take-over'") });
  expect(call('takeover-check')).toMatchObject({ status: 2, stderr: expect.stringContaining('are needed') });
});
