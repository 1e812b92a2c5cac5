import { expect, test } from '@jest/globals';
import stringWidth from 'string-width';
import { bar, plainLine, viewLines, type Snapshot } from './view.ts';

const snapshot: Snapshot = {
  seconds: 12,
  posts: 24_000,
  mentions: 30_000,
  processed: 29_900,
  late: 12,
  dropped: 3,
  transactions: 118,
  rows: 700,
  phase: 'feeding',
  windowStart: Date.UTC(2026, 0, 1, 10, 20),
  top: [
    { hashtag: 'coffee', mentions: 100 },
    { hashtag: 'storm', mentions: 50 },
  ],
};

test('the view names the window, ranks with bars in proportion and keeps its height', () => {
  const lines = viewLines(snapshot, 200);
  expect(lines[0]).toContain('window 2026-01-01 10:20 - 10:30 UTC');
  expect(lines[2]).toMatch(/^ {2}1 {2}#coffee +█{36} 100$/);
  expect(lines[3]).toMatch(/^ {2}2 {2}#storm +█{18} +50$/);
  expect(viewLines({ ...snapshot, top: [] }, 200)).toHaveLength(lines.length);
});

test('no line is wider than the terminal', () => {
  expect(Math.max(...viewLines(snapshot, 40).map((line) => line.length))).toBeLessThanOrEqual(40);
});

test('bars begin in the same column whatever the script of the hashtag', () => {
  const top = ['coffee', '日本語の長い長いハッシュタグ', 'हिन्दी'].map((hashtag) => ({ hashtag, mentions: 7 }));
  const starts = viewLines({ ...snapshot, top }, 200)
    .slice(2, 5)
    .map((line) => stringWidth(line.slice(0, line.indexOf('█'))));
  expect(new Set(starts).size).toBe(1);
});

test('a bar is precise to an eighth of a cell', () => {
  expect(bar(1 / (36 * 8)).trimEnd()).toBe('▏');
  expect(bar(2)).toBe('█'.repeat(36));
});

test('a plain line has the figures and the leaders', () => {
  expect(plainLine(snapshot)).toContain('processed 29,900');
  expect(plainLine(snapshot)).toContain('top: #coffee 100, #storm 50');
});
