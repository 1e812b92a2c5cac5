import { expect, test } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadTopology } from './load-topology.ts';

const dir = mkdtempSync(path.join(tmpdir(), 'topology-'));

function module(name: string, text: string): string {
  const file = path.join(dir, name);
  writeFileSync(file, text);
  return file;
}

test('the module is called with the environment', async () => {
  const file = module(
    'good.mjs',
    'export const topology = (env) => ({ topology: { name: env.NAME }, functions: {}, serdes: {} });',
  );
  expect(await loadTopology(file, { NAME: 'x' })).toMatchObject({ topology: { name: 'x' } });
});

test('a module may export the program itself', async () => {
  const file = module('plain.mjs', "export const topology = { topology: { name: 'y' }, functions: {}, serdes: {} };");
  expect(await loadTopology(file, {})).toMatchObject({ topology: { name: 'y' } });
});

test.each([
  ['missing.mjs', undefined, /missing\.mjs/],
  ['none.mjs', 'export const x = 1;', /exports no `topology`/],
  ['odd.mjs', 'export default () => 5;', /does not give/],
  ['throws.mjs', "export default () => { throw new TypeError('no serde'); };", /no serde/],
])('%s is refused with the reason', async (name, text, message) => {
  const file = text === undefined ? path.join(dir, name) : module(name, text);
  await expect(loadTopology(file, {})).rejects.toMatchObject({
    code: 'MR_CONFIG_TOPOLOGY_MODULE',
    message: expect.stringMatching(message),
  });
});
