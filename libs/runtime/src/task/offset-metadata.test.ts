import { expect, test } from '@jest/globals';
import { decodeOffsetMetadata, encodeOffsetMetadata } from './offset-metadata.ts';

test.each([
  [1_000, [], 'AgAAAAAAAAPo'],
  [-1, [], 'Av//////////'],
  [100, [['w', 95]], 'AgAAAAAAAABkAAAAAQAAAAF3AAAAAAAAAF8='],
] as const)('partition time %i with %j is %s, as the JVM writes it', (partitionTime, emitted, text) => {
  expect(encodeOffsetMetadata(partitionTime, emitted)).toBe(text);
  expect(decodeOffsetMetadata(text)).toEqual({ partitionTime, emitted: new Map(emitted) });
});

test.each(['', 'garbage', 'BAAAAAAAAAPo'])('%j holds nothing', (text) =>
  expect(decodeOffsetMetadata(text)).toEqual({ partitionTime: -1, emitted: new Map() }),
);

test('what is cut off is left out', () => {
  const text = Buffer.from('AgAAAAAAAABkAAAAAQAAAAF3AAAAAAAAAF8=', 'base64').subarray(0, 20).toString('base64');
  expect(decodeOffsetMetadata(text)).toEqual({ partitionTime: 100, emitted: new Map() });
});
