import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
// @ts-expect-error: plain JavaScript, without types
import { undocumented } from './doc-comments.mjs';

test('a planted name without one is found', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'doc-comments-'));
  try {
    writeFileSync(path.join(directory, 'x.ts'), planted);
    expect(undocumented(directory, ['x.ts'], {})).toEqual([
      'x.ts:1 bare',
      'x.ts:6 Options.untold',
      'x.ts:12 Shape.given',
      'x.ts:17 Shape.area',
      'x.ts:12 Square.given',
      'x.ts:17 Square.area',
      'x.ts:25 Table.plain',
    ]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

const planted = `export function bare() {}
/** Told. */
export interface Options {
  /** Told. */
  told: number;
  untold: number;
}
/** Told. */
export class Shape {
  #hidden = 1;
  private inner = 2;
  constructor(readonly given: number) {}
  /** Told. */
  scale(by: number): this;
  scale(by: string): this;
  scale(by: unknown): this { return this; }
  get area() { return this.#hidden + this.inner; }
}
/** Told: what it inherits is public too. */
export class Square extends Shape {}
/** Told. */
export const Table = {
  /** Told. */
  told: 1,
  plain: 2,
};
`;
