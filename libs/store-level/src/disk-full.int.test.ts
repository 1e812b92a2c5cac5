import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { levelEngines } from './level-engines.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'full-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', directory]).status === 0;
const onSmallDisk = mounted ? test : test.skip;

beforeAll(() => {
  // A skip is printed: without the right to mount there is no small disk to fill.
  if (!mounted) process.stderr.write('disk-full: skipped, no right to mount a small file system\n');
});

afterAll(() => {
  if (mounted) spawnSync('umount', [directory]);
  rmSync(directory, { recursive: true, force: true });
});

onSmallDisk('a full disk is told as such, holds whole batches only, and goes on when there is room', async () => {
  const ballast = path.join(directory, 'ballast');
  const engines = await levelEngines({ directory });
  let engine = await engines.open('0_0');
  const rows = (n: number): Buffer[] => Array.from({ length: 100 }, () => Buffer.alloc(1_000, n));
  const keys = Array.from({ length: 100 }, (_, i) => Buffer.from(`row${i}`));
  await engine.write({ deleteRanges: [], keys, values: rows(0) });
  const free = await engines.freeBytes();
  expect(free).toBeLessThan(8 * 1024 * 1024);
  writeFileSync(ballast, Buffer.alloc(free - 512 * 1024));

  let written = 0;
  const fill = async (): Promise<void> => {
    for (let n = 1; n < 100; n++) {
      await engine.write({ deleteRanges: [], keys, values: rows(n) });
      written = n;
    }
  };
  await expect(fill()).rejects.toMatchObject({
    code: 'MR_STATE_DISK_FULL',
    severity: 'retriable',
    message: expect.stringContaining(directory),
    remedy: expect.stringContaining('Free some space'),
  });
  await engine.close();

  rmSync(ballast);
  engine = await engines.open('0_0');
  const values = await engine.getMany(keys);
  expect(new Set(values.map((value) => value?.[0]))).toEqual(new Set([written]));
  await engine.write({ deleteRanges: [], keys, values: rows(200) });
  expect(engine.getSync(keys[7] as Buffer)?.[0]).toBe(200);
  await engine.close();
});

onSmallDisk(
  'without a byte left nothing begins, and each attempt says why, whatever the directory is called',
  async () => {
    const state = path.join(directory, 'block-corruptions');
    const engines = await levelEngines({ directory: state });
    const open = await engines.open('0_0');
    const ballast = path.join(directory, 'ballast');
    expect(() => writeFileSync(ballast, Buffer.alloc(8 * 1024 * 1024))).toThrow('ENOSPC');
    const full = { code: 'MR_STATE_DISK_FULL', severity: 'retriable', message: expect.stringContaining(state) };

    const fill = async (): Promise<void> => {
      const rows = { deleteRanges: [], keys: [Buffer.from('row')], values: [Buffer.alloc(1_000)] };
      for (let n = 0; n < 1_000; n++) await open.write(rows);
    };
    await expect(fill()).rejects.toMatchObject(full);
    await expect(engines.open('0_1')).rejects.toMatchObject(full);
    await expect(engines.writeMeta('identity', Buffer.from('{}'))).rejects.toMatchObject(full);
    expect(await engines.readMeta('identity')).toBeUndefined();

    rmSync(ballast);
    await engines.writeMeta('identity', Buffer.from('{}'));
    expect(String(await engines.readMeta('identity'))).toBe('{}');
    await open.close();
    await (await engines.open('0_1')).close();
  },
);
