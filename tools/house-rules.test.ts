import { describe, expect, test } from '@jest/globals';
import path from 'node:path';
// @ts-expect-error: plain JavaScript, without types
import { undocumented } from './doc-comments.mjs';
// @ts-expect-error: plain JavaScript, without types
import { bannedWords, layerFaults, projectLayers, sourceFiles, vagueNames, wideIndexes } from './house-rules.mjs';

const root = path.join(import.meta.dirname, '..');
const projects = projectLayers(root);
const file = (at: string, text: string): { path: string; text: string }[] => [{ path: at, text }];

describe('the tree', () => {
  const files = sourceFiles(root);
  test('keeps the layers', () => expect(layerFaults(files, projects)).toEqual([]));
  test('uses no banned word', () => expect(bannedWords(files)).toEqual([]));
  test('has no vague file name', () => expect(vagueNames(files)).toEqual([]));
  test('tells what each public name is', () => expect(undocumented(root)).toEqual([]));
  test('has no index that is a warehouse', () => expect(wideIndexes(files)).toEqual([]));
});

describe('a planted fault is found:', () => {
  test.each([
    ['an upward import', 'libs/topology/src/x.ts', "import { a } from '@millrace/runtime';"],
    ['an adapter that sees the engine', 'libs/client/src/x.ts', "import { a } from '@millrace/runtime';"],
    ['authoring that sees execution', 'libs/dsl/src/x.ts', "import type { a } from '@millrace/operators';"],
    ['the kit outside tests', 'libs/runtime/src/x.ts', "import { a } from '@millrace/testing';"],
    ['a way out of the library by path', 'libs/dsl/src/x.ts', "import { a } from '../../topology/src/y.ts';"],
    ['a node module in a pure library', 'libs/runtime/src/x.ts', "import { a } from 'node:fs';"],
    ['a framework below the edge', 'libs/runtime/src/x.ts', "import { Module } from '@nestjs/common';"],
    ['an import over several lines', 'libs/topology/src/x.ts', "import {\n  a,\n  b,\n} from '@millrace/runtime';"],
  ])('%s', (_name, at, text) => expect(layerFaults(file(at, text), projects)).toHaveLength(1));

  test.each([
    ['a bare error', 'libs/dsl/src/x.ts', "throw new Error('no');"],
    ['ambient time', 'libs/runtime/src/x.ts', 'const t = Date.now();'],
    ['ambient randomness', 'libs/client/src/x.ts', 'Math.random()'],
    ['a timer past the clock', 'libs/broker/src/x.ts', 'setTimeout(f, 1)'],
    ['export *', 'libs/base/src/index.ts', "export * from './x.ts';"],
  ])('%s', (_name, at, text) => expect(bannedWords(file(at, text))).toHaveLength(1));

  test('a file called utils', () => expect(vagueNames(file('libs/base/src/utils.ts', ''))).toHaveLength(1));
});
