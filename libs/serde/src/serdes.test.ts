/** What built-in serdes refuse, both ways: nothing is rounded, cut off or taken for something else. */
import { expect, test } from '@jest/globals';
import { Serdes, type Serde } from './index.ts';

const upper = '0F8FAD5B-D9CB-469F-A165-70867728950E';

test.each<[string, Serde<never>, readonly unknown[]]>([
  ['integer', Serdes.integer() as Serde<never>, [1.5, NaN, '5', null, 2 ** 31, true, 5n]],
  ['short', Serdes.short() as Serde<never>, [1.5, NaN, '5', null, 2 ** 15]],
  ['long', Serdes.long() as Serde<never>, [1.5, NaN, '5', null, 2 ** 53, 5n]],
  ['bigint', Serdes.bigint() as Serde<never>, [5, null, 2n ** 63n]],
  ['double', Serdes.double() as Serde<never>, ['5', null, undefined, 5n]],
  ['float', Serdes.float() as Serde<never>, ['5', null, undefined]],
  ['boolean', Serdes.boolean() as Serde<never>, [1, 'true', null]],
  ['string', Serdes.string() as Serde<never>, [5, null]],
  ['bytes', Serdes.bytes() as Serde<never>, ['a', null]],
  ['uuid', Serdes.uuid() as Serde<never>, ['a', null, upper]],
])('%s does not write what it could not read again', (_name, serde, values) => {
  for (const value of values)
    expect(() => serde.serialize('t', value as never)).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^MR_SERDE_UNSUITABLE$|^MR_SERDE_UNSAFE_INTEGER$/) }),
    );
});

test.each<[string, Serde<unknown>, readonly string[]]>([
  ['boolean', Serdes.boolean(), ['', '02', 'ff', '0001']],
  ['short', Serdes.short(), ['', '00', '000000']],
  ['integer', Serdes.integer(), ['', '000000', '0000000000']],
  ['long', Serdes.long(), ['', '00000000000000', '000000000000000000']],
  ['bigint', Serdes.bigint(), ['', '00000000000000']],
  ['float', Serdes.float(), ['', '000000', '0000000000']],
  ['double', Serdes.double(), ['', '00000000000000', '000000000000000000']],
  ['uuid', Serdes.uuid(), ['', '00', '30'.repeat(36)]],
  ['void', Serdes.void(), ['', '00']],
])('%s reads only what such a serializer writes', (_name, serde, all) => {
  for (const hex of all)
    expect(() => serde.deserialize('t', Buffer.from(hex, 'hex'))).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^MR_SERDE_/), severity: 'record' }),
    );
});

test('a UUID in upper case, as others may write it, is the same one', () => {
  expect(Serdes.uuid().deserialize('t', Buffer.from(upper))).toBe(upper.toLowerCase());
});
