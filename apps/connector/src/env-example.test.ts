import { expect, test } from '@jest/globals';
import { EnvReader, readServiceSettings } from '@millrace/service';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readConnectorSettings } from './connector-settings.ts';

const root = path.join(import.meta.dirname, '../../..');
const text = readFileSync(path.join(root, 'docker/env/connector.env'), 'utf8');

function variables(lines: string): Record<string, string> {
  const found = [...lines.matchAll(/\b([A-Z][A-Z0-9_]*)=(\S*)/g)].map(([, name, value]) => [name, value]);
  const env = Object.fromEntries(found) as Record<string, string>;
  return { ...env, CONNECTOR_CONFIG: path.join(root, env['CONNECTOR_CONFIG'] ?? '') };
}

test('what docker/env/connector.env sets is right', () => {
  const reader = new EnvReader(variables(text.replace(/^#.*$/gm, '')));
  expect(readServiceSettings(reader)).toMatchObject({ httpPort: 8080, shutdownTimeoutMs: 25_000 });
  expect(readConnectorSettings(reader)).toMatchObject({
    groupId: 'trending-hashtags-cassandra',
    sessionTimeoutMs: 10_000,
    kafka: { bootstrapServers: 'kafka:9092' },
    cassandra: { contactPoints: ['cassandra:9042'], keyspace: 'millrace' },
  });
});

test('every name in it, those in comments included, is read by the connector', () => {
  const env = variables(text);
  const read = new Set<string>();
  const watched = new Proxy(env, { get: (target, name) => (read.add(String(name)), target[String(name)]) });
  const reader = new EnvReader(watched);
  readServiceSettings(reader);
  // The logins in the comments have no names: told as faults after everything was read.
  expect(() => readConnectorSettings(reader)).toThrow('SASL_USERNAME');
  expect(Object.keys(env).filter((name) => !read.has(name))).toEqual(['NODE_OPTIONS']);
});
