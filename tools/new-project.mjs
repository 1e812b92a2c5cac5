/** node tools/new-project.mjs libs/NAME LAYER: the four files that a library or app needs, and nothing else. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [root, layer] = process.argv.slice(2);
if (!root || !layer) {
  console.error('usage: node tools/new-project.mjs libs/NAME base|model|port|authoring|execution|adapter|kit|edge');
  process.exit(2);
}
const name = path.basename(root);
const pkg = root.startsWith('apps/') ? `@millrace/app-${name}` : name === 'millrace' ? 'millrace' : `@millrace/${name}`;
const write = (file, text) => {
  if (!existsSync(path.join(root, file))) writeFileSync(path.join(root, file), text);
};
mkdirSync(path.join(root, 'src'), { recursive: true });
write(
  'package.json',
  `${JSON.stringify(
    {
      name: pkg,
      version: '0.1.0',
      private: true,
      license: 'Apache-2.0',
      type: 'module',
      engines: { node: '>=20.19' },
      exports: { '.': { '@millrace/source': './src/index.ts', default: './dist/index.js' } },
      files: ['dist'],
    },
    null,
    2,
  )}\n`,
);
write(
  'project.json',
  `${JSON.stringify({ name: pkg.replace('@millrace/', ''), projectType: root.startsWith('apps/') ? 'application' : 'library', tags: [`layer:${layer}`], targets: { build: {}, lint: {} } }, null, 2)}\n`,
);
write('tsconfig.json', `${JSON.stringify({ extends: '../../tsconfig.json', include: ['src/**/*.ts'] }, null, 2)}\n`);
write('src/index.ts', 'export {};\n');
