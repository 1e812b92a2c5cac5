import { expect, test } from '@jest/globals';
import { decodeOffsetMetadata, encodeOffsetMetadata } from './offset-metadata.ts';

test.each([
  [1_000, 'AgAAAAAAAAPo'],
  [-1, 'Av//////////'],
])('partition time %i is %s, as the JVM writes it', (time, text) => {
  expect(encodeOffsetMetadata(time)).toBe(text);
  expect(decodeOffsetMetadata(text)).toBe(time);
});

test.each(['', 'garbage', 'BAAAAAAAAAPo'])('%j is no partition time', (text) =>
  expect(decodeOffsetMetadata(text)).toBe(-1),
);
