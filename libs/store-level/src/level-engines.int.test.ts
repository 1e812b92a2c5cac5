import { expect, test } from '@jest/globals';
import { stateEngineSuite } from '@millrace/testing/conformance';
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { levelEngines } from './level-engines.ts';

const fresh = (): string => mkdtempSync(path.join(tmpdir(), 'level-'));

stateEngineSuite({ name: 'level', open: () => levelEngines({ directory: fresh() }) });

test('a store that is open elsewhere is refused with a remedy', async () => {
  const directory = fresh();
  const engines = await levelEngines({ directory });
  const engine = await engines.open('0_0');
  await expect((await levelEngines({ directory })).open('0_0')).rejects.toMatchObject({ code: 'MR_STATE_LOCKED' });
  await engine.close();
});

test('a directory that cannot be made is refused', async () => {
  const file = path.join(fresh(), 'file');
  writeFileSync(file, '');
  await expect(levelEngines({ directory: path.join(file, 'below') })).rejects.toMatchObject({
    code: 'MR_STATE_DIRECTORY',
  });
});

test('a directory below one that takes no entries, such as /proc, is refused and not tried for ever', async () => {
  await expect(levelEngines({ directory: '/proc/millrace/state/application' })).rejects.toMatchObject({
    code: 'MR_STATE_DIRECTORY',
    message: expect.stringContaining('/proc/millrace/state/application cannot be used: ENOENT'),
    remedy: expect.stringContaining('STATE_DIR'),
  });
});

test('kill -9 in the middle of writing leaves whole batches only', async () => {
  const directory = fresh();
  // Batches of 500 rows that all carry the number of their batch.
  const script = `
    import { ClassicLevel } from 'classic-level';
    const db = new ClassicLevel(${JSON.stringify(path.join(directory, '0_0'))});
    await db.open();
    for (let n = 0; ; n++) {
      const batch = db.batch();
      for (let i = 0; i < 500; i++) batch.put('row' + i, String(n));
      await batch.write();
      if (n === 20) process.stdout.write('go');
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('exit', resolve));
  const engine = await (await levelEngines({ directory })).open('0_0');
  const numbers = new Set<string>();
  let count = 0;
  for await (const rows of engine.scan({})) {
    for (const [, value] of rows) {
      numbers.add(value.toString());
      count++;
    }
  }
  await engine.close();
  expect(count).toBe(500);
  expect(numbers.size).toBe(1);
});
