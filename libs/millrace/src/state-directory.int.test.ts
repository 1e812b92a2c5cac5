import { afterEach, expect, test } from '@jest/globals';
import { silentLogger } from '@millrace/base';
import type { KafkaClient } from '@millrace/ports';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KafkaStreams, Serdes, StreamsBuilder, defaultPorts, parseConfig } from './index.ts';

const level = createRequire(createRequire(import.meta.url).resolve('@millrace/store-level')).resolve('classic-level');

const children: ChildProcess[] = [];

afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

/** Another process that has the store open. */
async function holder(location: string): Promise<ChildProcess> {
  const script = `
    const { ClassicLevel } = require(${JSON.stringify(level)});
    new ClassicLevel(${JSON.stringify(location)}).open().then(() => process.stdout.write('open'));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child;
}

function application(stateDir: string): KafkaStreams {
  const builder = new StreamsBuilder();
  builder.stream('in', { key: Serdes.string(), value: Serdes.string() }).to('out');
  const config = parseConfig({ applicationId: 'app', bootstrapServers: 'kafka:9092', stateDir });
  const client = {
    capabilities: { exactlyOnce: 'v2' },
    connect: () => Promise.resolve(),
    topics: () => Promise.resolve(new Map()),
    close: () => Promise.resolve(),
    admin: { describeGroup: () => Promise.resolve({ protocol: '', members: [] }) },
  } as unknown as KafkaClient;
  return new KafkaStreams(builder.build(), config, { ...defaultPorts(config, silentLogger), client });
}

test('a state directory that another process has is refused with its name; when that one dies it is free at once', async () => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'state-'));
  // Makes the directory and gives it back.
  await expect(application(stateDir).start()).rejects.toMatchObject({ code: 'MR_RUNTIME_SOURCE_TOPIC_MISSING' });
  const other = await holder(path.join(stateDir, 'app', 'process'));
  await expect(application(stateDir).start()).rejects.toMatchObject({
    code: 'MR_STATE_LOCKED',
    severity: 'user',
    message: expect.stringContaining(path.join(stateDir, 'app')),
    remedy: expect.stringContaining('STATE_DIR'),
  });
  other.kill('SIGKILL');
  await once(other, 'exit');
  await expect(application(stateDir).start()).rejects.toMatchObject({ code: 'MR_RUNTIME_SOURCE_TOPIC_MISSING' });
});

test('a state directory that cannot be made is refused with its name', async () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'state-')), 'file');
  writeFileSync(file, '');
  await expect(application(file).start()).rejects.toMatchObject({
    code: 'MR_STATE_DIRECTORY',
    message: expect.stringContaining(file),
    remedy: expect.stringContaining('STATE_DIR'),
  });
});
