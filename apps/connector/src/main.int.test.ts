/** The connector process and its faults that need no server: what it says, how it ends. */
import { afterEach, expect, test } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ServiceProcess } from '@millrace/testing';

const main = path.join(import.meta.dirname, '../dist/main.js');

const dir = mkdtempSync(path.join(tmpdir(), 'connector-'));
const shipped = path.join(import.meta.dirname, '../config/trending-hashtags.json');
const sound = {
  CONNECTOR_CONFIG: shipped,
  GROUP_ID: 'connector-test',
  BOOTSTRAP_SERVERS: '127.0.0.1:1',
  SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1',
  CASSANDRA_CONTACT_POINTS: '127.0.0.1:1',
};
const processes: ServiceProcess[] = [];

function connector(env: Readonly<Record<string, string>>): ServiceProcess {
  const started = new ServiceProcess(main, env);
  processes.push(started);
  return started;
}

afterEach(async () => {
  for (const one of processes.splice(0)) {
    one.signal('SIGKILL');
    await one.exit;
  }
});

test('every fault of the environment and of the file is told at once, by its variable and its line', async () => {
  const file = path.join(dir, 'faulty.json');
  writeFileSync(
    file,
    `{
  "tables": [{ "name": "t", "columns": { "a": "text", "n": "number" }, "partitionKey": ["a"] }],
  "topics": [{ "topic": "x", "value": "long", "rows": [] }]
}`,
  );
  const ended = connector({
    CONNECTOR_CONFIG: file,
    HTTP_PORT: 'x',
    BOOTSTRAP_SERVERS: 'kafka',
    CASSANDRA_CONTACT_POINTS: 'a b',
    CASSANDRA_KEYSPACE: 'no-keyspace',
    CASSANDRA_CONSISTENCY: 'MOST',
    CASSANDRA_USERNAME: 'me',
    SECURITY_PROTOCOL: 'SASL_SSL',
    SSL_CA_LOCATION: path.join(dir, 'no-ca.pem'),
    COMMIT_INTERVAL_MS: '0',
  });
  expect(await ended.exit).toBe(2);
  const last = ended.lines.at(-1);
  expect(last).toMatchObject({ level: 'error', code: 'MR_CONFIG_ENV', remedy: expect.any(String) });
  for (const part of [
    `faulty.json:2:55 /tables/0/columns/n is 'number'`,
    `faulty.json:3:47 /topics/0/rows is empty`,
    `HTTP_PORT is 'x'`,
    'GROUP_ID is not set',
    `BOOTSTRAP_SERVERS is 'kafka'`,
    `CASSANDRA_CONTACT_POINTS is 'a b'`,
    `CASSANDRA_KEYSPACE is 'no-keyspace'`,
    `CASSANDRA_CONSISTENCY is 'MOST'`,
    'CASSANDRA_PASSWORD is not set',
    'SASL_USERNAME is not set',
    'SSL_CA_LOCATION is',
    `COMMIT_INTERVAL_MS is '0'`,
  ])
    expect(last?.text).toContain(part);
});

test('the shipped configuration needs a registry, and says so', async () => {
  const ended = connector({ ...sound, SCHEMA_REGISTRY_URL: '' });
  expect(await ended.exit).toBe(2);
  expect(ended.lines.at(-1)?.text).toMatch(/1 fault\(s\): SCHEMA_REGISTRY_URL is not set/);
});

test('without Kafka and Cassandra it is alive, not ready with the reason, and SIGTERM ends it in order', async () => {
  const waiting = connector(sound);
  expect((await waiting.get('/health/live')).status).toBe(200);
  await waiting.line(({ code }) => code === 'MR_CLIENT_UNREACHABLE');
  const ready = await waiting.get('/health/ready');
  expect(ready.status).toBe(503);
  expect(JSON.parse(ready.body)).toMatchObject({ reason: expect.stringContaining('127.0.0.1:1') });
  expect((await waiting.get('/metrics')).body).toMatch(/^millrace_connector_partitions 0$/m);
  waiting.signal('SIGTERM');
  expect(await waiting.exit).toBe(0);
  expect(waiting.lines.at(-1)).toMatchObject({ text: 'connector has stopped' });
}, 60_000);

test('a listener that hangs up at once probably expects TLS', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.end()));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const ended = connector({ ...sound, BOOTSTRAP_SERVERS: `127.0.0.1:${port}` });
  expect(await ended.exit).toBe(2);
  expect(ended.lines.at(-1)).toMatchObject({
    code: 'MR_CLIENT_EOF_BEFORE_HELLO',
    remedy: expect.stringContaining('TLS'),
  });
  server.close();
});
