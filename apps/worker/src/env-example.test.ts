import { expect, test } from '@jest/globals';
import { EnvReader, readServiceSettings } from '@millrace/service';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readWorkerSettings } from './worker-settings.ts';

const file = path.join(import.meta.dirname, '../../../docker/env/worker.env');

/** What Docker makes of the file, comments that show a setting included. */
function variables(text: string): Record<string, string> {
  const lines = [...text.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$/gm)];
  return Object.fromEntries(lines.map(([, name, value]) => [name, value]));
}

test('every setting of docker/env/worker.env is known and right', () => {
  const env = variables(readFileSync(file, 'utf8'));
  const reader = new EnvReader(env);
  expect(readServiceSettings(reader)).toMatchObject({ httpPort: 8080, shutdownTimeoutMs: 25_000 });
  const { topology, streams } = readWorkerSettings(reader, env);
  expect(topology).toBe('@millrace/app-demo/worker-topology');
  expect(streams).toMatchObject({ applicationId: 'trending-hashtags', topics: 'create', warnings: [] });
  expect(streams.groupInstanceId).toBe('trending-hashtags-0');
});
