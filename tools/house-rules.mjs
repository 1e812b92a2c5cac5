/**
 * Rules of the house that neither the compiler nor ESLint checks. Each function takes files as {path, text} and returns
 * faults as text; `npm run check` prints them, a test proves that each rule can fail.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** Which layers a layer may import, and which npm or node packages its libraries may. ARCHITECTURE.md section 2 shows the same table. */
export const layers = {
  base: { imports: ['base'] },
  model: { imports: ['base', 'model'] },
  port: { imports: ['base', 'model'] },
  authoring: { imports: ['base', 'model', 'authoring'] },
  execution: { imports: ['base', 'model', 'port', 'execution'] },
  adapter: { imports: ['base', 'model', 'port'] },
  kit: { imports: ['base', 'model', 'port', 'authoring', 'execution', 'adapter', 'kit'] },
  edge: { imports: ['base', 'model', 'port', 'authoring', 'execution', 'adapter', 'edge'] },
};

/** Libraries below the edge that may use a package or a node module, by name. Everything else there is pure TypeScript. */
export const allowedPackages = {
  base: ['node:crypto'],
  protocol: ['node:zlib', 'node:buffer', 'fzstd'],
  serde: ['avsc', 'node:buffer'],
  // isDeepStrictEqual: keys of tables are compared as Java's `equals` compares them.
  operators: ['node:util'],
  client: ['node:net', 'node:tls', 'node:crypto', 'node:buffer', 'node:fs'],
  'client-kafkajs': ['kafkajs'],
  broker: ['node:net', 'node:buffer', 'node:crypto'],
  'store-level': ['classic-level', 'node:fs', 'node:fs/promises', 'node:path'],
  'schema-registry': ['avsc', 'node:http', 'node:https', 'node:net'],
  'sink-cassandra': ['cassandra-driver'],
};

/** Tests, and what only they use. */
const isTest = (file) => /\.test\.ts$|\/testdata\//.test(file);

/** Tests, the simulator and the benches may use the kit. */
const mayUseKit = (file) => isTest(file) || /^apps\/(simulator|bench|verify|goldens|fuzz)\//.test(file);

export function sourceFiles(root, directories = ['libs', 'apps']) {
  return directories
    .flatMap((dir) =>
      readdirSync(path.join(root, dir), { recursive: true }).map((file) => path.join(dir, String(file))),
    )
    .filter((file) => file.endsWith('.ts') && /^(libs|apps)\/[^/]+\/src\//.test(file))
    .map((file) => ({ path: file, text: readFileSync(path.join(root, file), 'utf8') }));
}

/** Project name -> layer, from the tags in project.json. */
export function projectLayers(root) {
  const found = new Map();
  for (const dir of ['libs', 'apps']) {
    for (const name of readdirSync(path.join(root, dir))) {
      const { tags } = JSON.parse(readFileSync(path.join(root, dir, name, 'project.json'), 'utf8'));
      found.set(`${dir}/${name}`, tags.find((tag) => tag.startsWith('layer:')).slice('layer:'.length));
    }
  }
  return found;
}

const importPattern =
  /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s+'([^']+)'|(?:^|\n)\s*import\s+'([^']+)'|import\(\s*'([^']+)'\s*\)/g;

function importsOf(text) {
  return [...text.matchAll(importPattern)].map((match) => match[1] ?? match[2] ?? match[3]);
}

/** Imports that climb the layers, leave a library by path, or bring a package where none is allowed. */
export function layerFaults(files, projects) {
  const faults = [];
  for (const file of files) {
    const project = file.path.split('/').slice(0, 2).join('/');
    const library = project.split('/')[1];
    const layer = projects.get(project);
    for (const target of importsOf(file.text)) {
      const fault = faultOfImport({ file: file.path, project, library, layer, target, projects });
      if (fault) faults.push(`${file.path}: ${fault}`);
    }
  }
  return faults;
}

function faultOfImport({ file, project, library, layer, target, projects }) {
  if (target.startsWith('.')) {
    const resolved = path.join(path.dirname(file), target);
    return resolved.startsWith(`${project}/`)
      ? undefined
      : `'${target}' leaves the project; import the other one by its package name`;
  }
  const own =
    target === 'millrace'
      ? 'libs/millrace'
      : /^@millrace\/(?!app-)([^/]+)/.exec(target)?.[1] && `libs/${/^@millrace\/([^/]+)/.exec(target)[1]}`;
  if (own) {
    const to = projects.get(own);
    if (to === undefined) return `'${target}' is not a library of this workspace`;
    if (own === project || layers[layer].imports.includes(to)) return undefined;
    if (to === 'kit' && mayUseKit(file)) return undefined;
    if (to !== 'edge' && isTest(file)) return undefined;
    return `layer '${layer}' may not import '${target}' (layer '${to}')`;
  }
  if (layer === 'edge' || layer === 'kit' || isTest(file)) return undefined;
  return (allowedPackages[library] ?? []).includes(target)
    ? undefined
    : `library '${library}' may not import '${target}'; add it to allowedPackages with a reason, or move the code to an adapter`;
}

const bans = [
  {
    pattern: /throw new (Error|TypeError|RangeError)\(/,
    where: /^libs\//,
    say: "throw millraceError('MR_…', details), or use invariant()",
  },
  {
    pattern: /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
    where: /^libs\/(?!base\/src\/system\.ts|service\/|millrace\/)/,
    say: 'take a Clock',
  },
  { pattern: /\bMath\.random\(/, where: /^libs\/(?!base\/src\/system\.ts)/, say: 'take a Random' },
  {
    pattern: /\bset(Timeout|Interval|Immediate)\(/,
    where: /^libs\/(?!base\/src\/system\.ts|service\/|testing\/)/,
    say: 'take a Clock',
  },
  {
    pattern: /\bprocess\.(env|exit|argv|stdout|stderr|on)\b/,
    where: /^libs\/(?!service\/|millrace\/)/,
    say: 'only the shell touches the process',
  },
  { pattern: /export \* from/, where: /^(libs|apps)\//, say: 'export names explicitly' },
  { pattern: /\bjest\.mock\(/, where: /^(libs|apps)\//, say: 'use a fake through a port' },
  { pattern: /\b(TODO|FIXME|XXX)\b/, where: /^(libs|apps)\//, say: 'do it, or file an issue' },
];

/** Words that have a better one; tests may do most of it. */
export function bannedWords(files) {
  return files
    .filter((file) => !isTest(file.path))
    .flatMap((file) => {
      const code = file.text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (comment) => comment.replace(/[^\n]/g, ' '));
      return bans
        .filter(({ pattern, where }) => where.test(file.path) && pattern.test(code))
        .map(({ pattern, say }) => `${file.path}:${lineOf(code, pattern)}: ${pattern.exec(code)[0]}: ${say}`);
    });
}

const lineOf = (text, pattern) => text.slice(0, pattern.exec(text).index).split('\n').length;

/** File names that say nothing. */
export function vagueNames(files) {
  return files
    .filter((file) => /\/(utils?|helpers?|common|misc|manager|impl|types)\.ts$/.test(file.path))
    .map((file) => `${file.path}: name the noun that is in it`);
}

/** An index is a door, not a warehouse. */
export function wideIndexes(files, namesMax = 90) {
  return files
    .filter((file) => /^libs\/(?!millrace\/)[^/]+\/src\/index\.ts$/.test(file.path))
    .map((file) => ({
      file,
      names: [...file.text.matchAll(/\{([^}]*)\}/g)].flatMap((match) =>
        match[1].split(',').filter((name) => name.trim()),
      ).length,
    }))
    .filter(({ names }) => names > namesMax)
    .map(({ file, names }) => `${file.path}: exports ${names} names, at most ${namesMax}`);
}

/** Large files do not belong into the history. */
export function largeFiles(root, paths, bytesMax = 512 * 1024) {
  return paths
    .filter((file) => statSync(path.join(root, file)).size > bytesMax)
    .map((file) => `${file}: larger than ${bytesMax / 1024} KiB`);
}
