/** docker/: what the Dockerfile and compose.yaml name is there, and every process fits into its container. Docker itself is not needed. */
import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const at = (name: string): string => path.join(root, name);
const read = (name: string): string => readFileSync(at(name), 'utf8');
const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found]) => found as string);

const dockerfile = read('docker/Dockerfile');
const compose = read('docker/compose.yaml');

/** Blocks of compose.yaml, two spaces in, below `services:`; a block that merges an anchor (`<<: *name`) has the anchor's text too. */
const services = new Map(
  all(compose.split(/^services:$/m)[1]?.split(/^\w/m)[0] ?? '', /^ {2}(\w+:\n(?: {3,}.*\n|\n| {2}#.*\n)*)/gm).map(
    (block) => {
      const anchors = all(block, /<<: \*(\w+)/g).map((name) => compose.split(`&${name}\n`)[1]?.split(/^\S/m)[0] ?? '');
      return [block.split(':')[0] as string, [block, ...anchors].join('\n')] as const;
    },
  ),
);
const built = [...services].filter(([, text]) => text.includes('build:'));

function mebibytes(text: string | undefined): number {
  const [, number, unit] = /^(\d+)([mg])?$/i.exec(text ?? '') ?? [];
  return Number(number) * (unit?.toLowerCase() === 'g' ? 1_024 : 1);
}

test('the services are found', () => {
  expect([...services.keys()]).toEqual(['kafka', 'topics', 'registry', 'cassandra', 'worker', 'connector']);
  expect(built.map(([name]) => name)).toEqual(['worker', 'connector']);
});

test('the Dockerfile copies what is there and checks health with a program that is there', () => {
  const copied = all(dockerfile, /^COPY (?!--)(.*) \S+$/gm).flatMap((names) => names.split(' '));
  expect(copied.length).toBeGreaterThan(5);
  expect(copied.filter((name) => !existsSync(at(name)))).toEqual([]);
  const programs = all(dockerfile + compose, /'?"?(libs\/\S+\.js)/g).map((name) => name.replace('/dist/', '/src/'));
  expect(programs.length).toBeGreaterThan(0);
  expect(programs.filter((name) => !existsSync(at(name.replace(/\.js$/, '.ts'))))).toEqual([]);
});

test('APP names an application', () => {
  const apps = [...all(dockerfile, /^ARG APP=(\S+)/gm), ...all(compose, /\bAPP: (\w+)/g)];
  expect(apps).toEqual(['worker', 'worker', 'connector']);
  expect(apps.filter((app) => !existsSync(at(`apps/${app}/src/main.ts`)))).toEqual([]);
});

describe.each([...services])('%s', (_name, text) => {
  test('waits for services that are there, and for their health only where they tell it', () => {
    for (const [, other = '', condition] of text.matchAll(/^ {6}(\w+): \{ condition: (\w+) \}/gm)) {
      expect([...services.keys()]).toContain(other);
      if (condition === 'service_healthy') expect(services.get(other)).toContain('healthcheck:');
    }
  });

  test('has a heap that leaves a quarter of its memory to the rest of the process', () => {
    const limit = /\bmemory: (\w+)/.exec(text)?.[1];
    const env = all(text, /env_file: \[(\S+)\]/g).map((file) => read(`docker/${file}`));
    const [heap] = all([text, ...env].join('\n'), /(?:-Xmx|MAX_HEAP_SIZE: |--max-old-space-size=)(\w+)/g);
    if (heap !== undefined) expect(mebibytes(heap)).toBeLessThanOrEqual(0.75 * mebibytes(limit));
  });
});

test.each(built)('%s is read-only, without privileges, and has bounded memory', (_name, text) => {
  expect(text).toMatch(/read_only: true\n[^]*cap_drop: \[ALL\]\n[^]*no-new-privileges:true/);
  expect(text).toContain('memory:');
});
