import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { errorCatalogue } from './catalogue.ts';
import { errorsPage } from './errors-page.ts';

const page = path.join(import.meta.dirname, '../../../../docs/errors.md');

test('docs/errors.md is in step with the catalogue (UPDATE=1 writes it anew)', () => {
  const wanted = errorsPage();
  if (process.env['UPDATE'] === '1') writeFileSync(page, wanted);
  expect(readFileSync(page, 'utf8')).toBe(wanted);
});

test('every code follows the pattern and speaks in sentences', () => {
  for (const [code, { message, remedy, severity }] of Object.entries(errorCatalogue)) {
    expect(code).toMatch(/^MR_[A-Z0-9]+(_[A-Z0-9]+)*$/);
    expect(['user', 'retriable', 'fenced', 'corrupt', 'record', 'bug']).toContain(severity);
    expect(typeof message).toBe('function');
    expect(typeof remedy).toBe('function');
  }
});
