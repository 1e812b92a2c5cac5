import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Serdes } from './serdes.ts';
import { withHeaders } from './with-headers.ts';

const serde = withHeaders(Serdes.string());

test('what is written is read, whatever the headers', () => {
  const header = fc.record({ key: fc.string(), value: fc.option(fc.uint8Array().map((bytes) => Buffer.from(bytes))) });
  fc.assert(
    fc.property(fc.string(), fc.array(header), (value, headers) => {
      expect(serde.deserialize('t', Buffer.from(serde.serialize('t', { value, headers })))).toEqual({ value, headers });
    }),
  );
});

test('the layout is that of KIP-1271', () => {
  const headers = [
    { key: 'h', value: Buffer.of(1) },
    { key: 'n', value: null },
  ];
  expect(Buffer.from(serde.serialize('t', { value: 'x', headers })).toString('hex')).toBe(
    '10040268020102' + '6e01' + '78',
  );
});

test.each([
  ['nothing', ''],
  ['headers that are longer than the row', '1004'],
  ['a size below zero', '0178'],
  ['a header that is cut off', '04040478'],
])('%s is not read', (_what, hex) => {
  expect(() => serde.deserialize('t', Buffer.from(hex, 'hex'))).toThrow(
    expect.objectContaining({ code: 'MR_SERDE_UNREADABLE' }),
  );
});
