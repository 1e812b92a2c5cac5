/** The worker process and its faults that need no broker: what it says, how it ends. */
import { afterEach, expect, test } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ServiceProcess } from '@millrace/testing';

const main = path.join(import.meta.dirname, '../dist/main.js');

const dir = mkdtempSync(path.join(tmpdir(), 'worker-'));
const sound = {
  MILLRACE_TOPOLOGY: '@millrace/app-demo/worker-topology',
  APPLICATION_ID: 'worker-test',
  BOOTSTRAP_SERVERS: '127.0.0.1:1',
  STATE_DIR: dir,
};
const workers: ServiceProcess[] = [];
const servers: Server[] = [];

function worker(env: Readonly<Record<string, string>>): ServiceProcess {
  const started = new ServiceProcess(main, env);
  workers.push(started);
  return started;
}

afterEach(async () => {
  for (const one of workers.splice(0)) {
    one.signal('SIGKILL');
    await one.exit;
  }
  for (const server of servers.splice(0)) server.close();
});

/** A server that says nothing that Kafka would. */
async function listening(onConnection: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(onConnection as never);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function ending(env: Readonly<Record<string, string>>): Promise<{ code: number | null; last: unknown }> {
  const ended = worker(env);
  const code = await ended.exit;
  return { code, last: ended.lines.at(-1) };
}

test('every fault of the environment is told at once, by its variable, with exit code 2', async () => {
  const { code, last } = await ending({
    HTTP_PORT: 'x',
    NUM_STREAM_THREADS: '0',
    SASL_PASSWORD_FILE: path.join(dir, 'no-secret'),
    BOOTSTRAP_SERVERS: 'kafka',
  });
  expect(code).toBe(2);
  expect(last).toMatchObject({ level: 'error', code: 'MR_CONFIG_ENV', remedy: expect.any(String) });
  const { text } = last as { text: string };
  for (const name of [
    'HTTP_PORT',
    'NUM_STREAM_THREADS',
    'SASL_PASSWORD_FILE',
    'BOOTSTRAP_SERVERS',
    'MILLRACE_TOPOLOGY',
    'APPLICATION_ID',
  ])
    expect(text).toContain(`${name} `);
});

test('a topology that does not build is told with its reason', async () => {
  const file = path.join(dir, 'bad.mjs');
  writeFileSync(file, "export const topology = () => { throw new Error('the store has no name'); };");
  const { code, last } = await ending({ ...sound, MILLRACE_TOPOLOGY: file });
  expect(code).toBe(2);
  expect(last).toMatchObject({
    code: 'MR_CONFIG_TOPOLOGY_MODULE',
    text: expect.stringContaining('the store has no name'),
  });
});

test('an HTTP port that is taken is told, and the worker does not stay without health checks', async () => {
  const port = await listening(undefined);
  const { code, last } = await ending({ ...sound, HTTP_PORT: String(port) });
  expect(code).toBe(2);
  expect(last).toMatchObject({ code: 'MR_CONFIG_HTTP_ADDRESS', text: expect.stringContaining(String(port)) });
});

test('without a broker it is alive and not ready, then ends with exit code 1', async () => {
  const waiting = worker(sound);
  expect((await waiting.get('/health/live')).status).toBe(200);
  const ready = await waiting.get('/health/ready');
  expect(ready.status).toBe(503);
  expect(JSON.parse(ready.body)).toMatchObject({ reason: expect.stringContaining('REBALANCING') });
  expect((await waiting.get('/metrics')).body).toContain('millrace_streams_state{state="REBALANCING"} 1');
  expect(await waiting.exit).toBe(1);
  expect(waiting.lines.at(-1)).toMatchObject({
    code: 'MR_CLIENT_UNREACHABLE',
    remedy: expect.stringContaining('bootstrap.servers'),
  });
});

test('a listener that hangs up at once probably expects TLS', async () => {
  const port = await listening((socket) => socket.once('data', () => socket.end()));
  const { code, last } = await ending({ ...sound, BOOTSTRAP_SERVERS: `127.0.0.1:${port}` });
  expect(code).toBe(2);
  expect(last).toMatchObject({ code: 'MR_CLIENT_EOF_BEFORE_HELLO', remedy: expect.stringContaining('TLS') });
});

test('a server that speaks HTTP is no broker: code, address and remedy at once, with exit code 2', async () => {
  const port = await listening((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  const { code, last } = await ending({ ...sound, BOOTSTRAP_SERVERS: `127.0.0.1:${port}` });
  expect(code).toBe(2);
  expect(last).toMatchObject({
    code: 'MR_CLIENT_NOT_KAFKA',
    text: expect.stringContaining(`127.0.0.1:${port} is not a Kafka broker: it answered 'HTTP/1.1 400 Bad Request'`),
    remedy: expect.stringContaining('bootstrap.servers'),
  });
});

test('SIGTERM ends it in order even while no broker answers', async () => {
  const port = await listening(() => undefined);
  const waiting = worker({ ...sound, BOOTSTRAP_SERVERS: `127.0.0.1:${port}` });
  expect((await waiting.get('/health/ready')).status).toBe(503);
  waiting.signal('SIGTERM');
  expect(await waiting.exit).toBe(0);
  expect(waiting.lines.at(-1)).toMatchObject({ text: 'worker has stopped' });
});
