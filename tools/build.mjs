/** node tools/build.mjs PROJECT_ROOT: transpiles src/ to dist/ (types are checked by `npm run check`, in one pass over the tree). */
import { transformFile } from '@swc/core';
import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { swcOptions } from './swc.mjs';

const root = path.resolve(process.argv[2] ?? '.');
const src = path.join(root, 'src');
const dist = path.join(root, 'dist');

await rm(dist, { recursive: true, force: true });
const entries = await readdir(src, { recursive: true, withFileTypes: true });
for (const entry of entries.filter((e) => e.isFile())) {
  const from = path.join(entry.parentPath, entry.name);
  const to = path.join(dist, path.relative(src, from));
  if (/\.(test|bench)\.ts$|\.d\.ts$|\/(testdata|golden)\//.test(from)) continue;
  await mkdir(path.dirname(to), { recursive: true });
  if (!from.endsWith('.ts')) {
    await cp(from, to);
    continue;
  }
  const { code, map } = await transformFile(from, { ...swcOptions, swcrc: false });
  const js = to.replace(/\.ts$/, '.js');
  await writeFile(js, `${code}\n//# sourceMappingURL=${path.basename(js)}.map\n`);
  await writeFile(`${js}.map`, map ?? '');
}
