/** The pages under docs/ are true: their examples compile and print what is shown, their links lead to tests that are there. UPDATE=1 writes the outputs. */
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'node:util';
// @ts-expect-error: plain JavaScript, without types
import { publicMembers } from './doc-comments.mjs';
// @ts-expect-error: plain JavaScript, without types
import { examplesOf, linkFaults, pagesOf, pathFaults, readOf, typeFaults, withOutputs } from './doc-pages.mjs';

interface Example {
  readonly code: string;
  readonly line: number;
  readonly runs: boolean;
  readonly output: { readonly code: string } | undefined;
}

const root = path.join(import.meta.dirname, '..');
const directory = path.join(root, 'docs/.examples');
const pages = ['docs', 'docs/operators'].flatMap((folder) => pagesOf(root, folder) as string[]);
const textOf = (page: string): string => readFileSync(path.join(root, page), 'utf8');
const fileOf = (page: string, { line }: Example): string =>
  path.join(directory, `${path.basename(page, '.md')}.${line}.ts`);
const withExamples = pages.filter((page) => (examplesOf(textOf(page)) as Example[]).length > 0);

beforeAll(() => {
  mkdirSync(directory, { recursive: true });
  for (const page of pages)
    for (const example of examplesOf(textOf(page)) as Example[])
      // A module even without an import.
      writeFileSync(fileOf(page, example), `${example.code}export {};\n`);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('examples compile', () => {
  const files = withExamples.flatMap((page) =>
    (examplesOf(textOf(page)) as Example[]).map((example) => fileOf(page, example)),
  );
  expect(typeFaults(root, files)).toEqual([]);
}, 60_000);

/** What an example prints. */
async function run(file: string): Promise<string> {
  const lines: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((...given) => void lines.push(`${format(...given)}\n`));
  try {
    await import(file);
  } finally {
    log.mockRestore();
  }
  return lines.join('');
}

test.each(withExamples)('the examples of %s print what is shown', async (page) => {
  const examples = (examplesOf(textOf(page)) as Example[]).filter(({ runs }) => runs);
  const printed: string[] = [];
  for (const example of examples) printed.push(await run(fileOf(page, example)));
  if (process.env['UPDATE'] === '1') {
    const shown = printed.filter((_text, i) => examples[i]?.output !== undefined);
    writeFileSync(path.join(root, page), withOutputs(textOf(page), shown) as string);
    return;
  }
  expect(printed).toEqual(examples.map(({ output }) => output?.code ?? ''));
});

test.each(pages)('the links of %s lead to what is there', (page) => {
  const notYet = new Set(textOf('apps/goldens/testdata/not-yet.txt').split('\n'));
  const isPassing = (name: string): boolean => !notYet.has(name);
  const [text, read] = [textOf(page), readOf(root)];
  expect([...linkFaults(page, text, read, isPassing), ...pathFaults(page, text, read)]).toEqual([]);
});

/** Public for other classes of the library, not for users. */
const internal = /\.(stateOf|cogroupedWith|spec|__@asyncIterator@\d+)$/;

test('every method of a public class is on a page', () => {
  const words = new Set(pages.flatMap((page) => textOf(page).match(/\w+/g) ?? []));
  const missing = (publicMembers(root) as string[]).filter((member) => !words.has(member.split('.')[1] ?? ''));
  expect(missing.filter((member) => !internal.test(member))).toEqual([]);
}, 60_000);

describe('a planted fault is found:', () => {
  const read = (file: string): string | undefined =>
    file === 'libs/a.test.ts' ? "test('counts', () => {});" : undefined;
  test.each([
    ['a file that is not there', '[x](../libs/b.test.ts)'],
    ['a test that is not there', '[x](../libs/a.test.ts "sums")'],
    ['a test that is not there, as the formatter quotes it', "[x](../libs/a.test.ts 'sums')"],
  ])('%s', (_name, text) => expect(linkFaults('docs/x.md', text, read, () => true)).toHaveLength(1));

  test('not one that is there', () =>
    expect(linkFaults('docs/x.md', '[x](../libs/a.test.ts "counts")', read, () => true)).toEqual([]));

  test('a path that is not there', () =>
    expect(pathFaults('docs/x.md', 'it is so _(libs/a.test.ts, libs/b.test.ts)_', read)).toHaveLength(1));

  test('a recorded case that does not pass', () => {
    const text = '[x](../apps/goldens/testdata/streams/a.json)';
    expect(
      linkFaults(
        'docs/x.md',
        text,
        () => '',
        () => false,
      ),
    ).toHaveLength(1);
  });

  test('outputs stand in the block behind the example', () => {
    const page = '```ts\na\n```\n\n```text\n1\n```\n\n```ts\nb\n```\n';
    expect((examplesOf(page) as Example[]).map(({ output }) => output?.code)).toEqual(['1\n', undefined]);
    expect(withOutputs(page, ['2\n'])).toBe(page.replace('1', '2'));
  });
});
