/** Longs beyond 2^53 and logical types: values, bytes as Java's Avro writes them, and what cannot be written. */
import { describe, expect, test } from '@jest/globals';
import { avro } from './index.ts';

const framed = (hex: string): Buffer => Buffer.from(`0000000007${hex}`, 'hex');
const fixed = { schemaId: 7 } as const;

describe('longs as bigint', () => {
  const serde = avro<bigint>({ schema: '"long"', longs: 'bigint', ...fixed });
  test.each([
    [0n, '00'],
    [-1n, '01'],
    [2n ** 53n + 1n, '8280808080808020'],
    [2n ** 63n - 1n, 'feffffffffffffffff01'],
    [-(2n ** 63n), 'ffffffffffffffffff01'],
  ])('%s', (value, hex) => {
    expect(Buffer.from(serde.serialize('t', value))).toEqual(framed(hex));
    expect(serde.deserialize('t', framed(hex))).toBe(value);
  });

  test.each([[2n ** 63n], [1], ['1'], [null]])('%s is refused', (value) => {
    expect(() => serde.serialize('t', value as bigint)).toThrow(
      expect.objectContaining({ code: 'MR_SERDE_UNSUITABLE' }),
    );
  });

  test('in records, unions, defaults and timestamps', () => {
    const schema = {
      type: 'record',
      name: 'R',
      fields: [
        { name: 'id', type: 'long' },
        { name: 'maybe', type: ['null', 'long'], default: null },
        { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      ],
    };
    const records = avro<object>({ schema, longs: 'bigint', logicalTypes: true, ...fixed });
    for (const maybe of [null, 2n ** 60n]) {
      const value = { id: 2n ** 61n, maybe, at: new Date(1_700_000_000_123) };
      expect({ ...records.deserialize('t', Buffer.from(records.serialize('t', value))) }).toEqual(value);
    }
  });

  test('an int of an older writer becomes one', async () => {
    const registry = { schemaById: () => Promise.resolve('"int"') };
    const reader = avro<bigint>({ schema: '"long"', longs: 'bigint' });
    await reader.open?.({ topic: 't', isKey: false, registry: { ...registry, ...written(1) } });
    await reader.prepare?.('t', framed('54'));
    expect(reader.deserialize('t', framed('54'))).toBe(42n);
  });

  test('numbers beyond 2^53 are refused both ways where longs are numbers', () => {
    const numbers = avro<number>({ schema: '"long"', ...fixed });
    expect(() => numbers.serialize('t', 2 ** 53)).toThrow(expect.objectContaining({ code: 'MR_SERDE_UNSUITABLE' }));
    expect(() => numbers.deserialize('t', framed('8280808080808020'))).toThrow(
      expect.objectContaining({ code: 'MR_SERDE_UNREADABLE' }),
    );
  });
});

/** A registry that gives each schema the same id. */
function written(id: number): {
  register: () => Promise<number>;
  idOf: () => Promise<number>;
  latest: () => Promise<undefined>;
} {
  return {
    register: () => Promise.resolve(id),
    idOf: () => Promise.resolve(id),
    latest: () => Promise.resolve(undefined),
  };
}

describe('logical types', () => {
  const decimal = { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 };
  test.each<[string, unknown, unknown, string]>([
    ['decimal', decimal, '12.30', '0404ce'],
    ['decimal 0', decimal, '0.00', '0200'],
    ['decimal -0.01', decimal, '-0.01', '02ff'],
    ['decimal 1.28: a byte for the sign', decimal, '1.28', '040080'],
    ['decimal -1.28', decimal, '-1.28', '0280'],
    ['decimal without scale', { ...decimal, scale: 0 }, '-129', '04ff7f'],
    [
      'decimal of a fixed',
      { type: 'fixed', name: 'F', size: 4, logicalType: 'decimal', precision: 9, scale: 2 },
      '-12.30',
      'fffffb32',
    ],
    ['date', { type: 'int', logicalType: 'date' }, new Date('2026-07-01T00:00:00Z'), 'b6c202'],
    ['timestamp-millis', { type: 'long', logicalType: 'timestamp-millis' }, new Date(1_000), 'd00f'],
    ['local-timestamp-millis', { type: 'long', logicalType: 'local-timestamp-millis' }, new Date(1_000), 'd00f'],
    ['timestamp-micros stays a number', { type: 'long', logicalType: 'timestamp-micros' }, 1_000, 'd00f'],
    ['time-millis stays a number', { type: 'int', logicalType: 'time-millis' }, 1_000, 'd00f'],
    [
      'uuid',
      { type: 'string', logicalType: 'uuid' },
      '00000000-0000-0000-0000-00000000000a',
      `48${Buffer.from('00000000-0000-0000-0000-00000000000a').toString('hex')}`,
    ],
    ['a decimal that is none, as its bytes', { ...decimal, scale: 10 }, Buffer.of(5), '0205'],
    ['one that is not known', { type: 'int', logicalType: 'shoe-size' }, 43, '56'],
  ])('%s', (_name, schema, value, hex) => {
    const serde = avro<unknown>({ schema: schema as object, logicalTypes: true, ...fixed });
    expect(Buffer.from(serde.serialize('t', value)).toString('hex')).toBe(framed(hex).toString('hex'));
    expect(serde.deserialize('t', framed(hex))).toEqual(value);
  });

  test.each<[string, object, unknown]>([
    ['a decimal with more digits behind the point', decimal, '1.234'],
    ['a decimal beyond the precision', decimal, '12345678.00'],
    ['a decimal as a number', decimal, 12.3],
    ['a decimal that is no number', decimal, 'twelve'],
    ['a decimal beyond its fixed', { ...decimal, type: 'fixed', name: 'F', size: 1 }, '1.28'],
    ['a date with a time', { type: 'int', logicalType: 'date' }, new Date(1)],
    ['no date', { type: 'int', logicalType: 'date' }, new Date(NaN)],
    ['a timestamp as a number', { type: 'long', logicalType: 'timestamp-millis' }, 5],
    ['a UUID in upper case', { type: 'string', logicalType: 'uuid' }, '00000000-0000-0000-0000-00000000000A'],
  ])('refused: %s', (_name, schema, value) => {
    const serde = avro<unknown>({ schema, logicalTypes: true, ...fixed });
    expect(() => serde.serialize('t', value)).toThrow(expect.objectContaining({ code: 'MR_SERDE_UNSUITABLE' }));
  });

  test('in unions with null', () => {
    const serde = avro<unknown>({ schema: ['null', decimal] as object, logicalTypes: true, ...fixed });
    for (const value of [null, '1.00'])
      expect(serde.deserialize('t', Buffer.from(serde.serialize('t', value)))).toBe(value);
  });

  test.each<[string, object | string, unknown]>([
    ['without the logical type', '"bytes"', '12.30'],
    ['with another precision', { ...decimal, precision: 4 }, '12.30'],
  ])('a writer %s is read', async (_name, writer, value) => {
    const serde = avro<unknown>({ schema: decimal, logicalTypes: true });
    const text = typeof writer === 'string' ? writer : JSON.stringify(writer);
    const registry = { schemaById: () => Promise.resolve(text), ...written(1) };
    await serde.open?.({ topic: 't', isKey: false, registry });
    await serde.prepare?.('t', framed('0404ce'));
    expect(serde.deserialize('t', framed('0404ce'))).toBe(value);
  });

  test('a writer with another scale is not taken for the same schema', async () => {
    const serde = avro<unknown>({ schema: decimal, logicalTypes: true });
    const registry = { schemaById: () => Promise.resolve(JSON.stringify({ ...decimal, scale: 3 })), ...written(1) };
    await serde.open?.({ topic: 't', isKey: false, registry });
    await serde.prepare?.('t', framed('0404ce'));
    expect(() => serde.deserialize('t', framed('0404ce'))).toThrow(
      expect.objectContaining({ code: 'MR_SERDE_SCHEMA_UNUSABLE' }),
    );
  });

  test('an array of a billion empty values behind a logical type is refused before it is built', () => {
    const schema = {
      type: 'record',
      name: 'R',
      fields: [
        { name: 'd', type: decimal },
        { name: 'n', type: { type: 'array', items: 'null' } },
      ],
    };
    const serde = avro<unknown>({ schema, logicalTypes: true, ...fixed });
    expect(() => serde.deserialize('t', framed('0200' + '80a8d6b907' + '00'))).toThrow(/more elements/);
  });
});

test.each([
  ['no JSON', '{'],
  ['no schema', '{"type": "no-such-type"}'],
  ['numbers that a union cannot tell apart', '["int", "double"]'],
])('a schema of one’s own that is %s is refused at once', (_name, schema) => {
  expect(() => avro({ schema })).toThrow(expect.objectContaining({ code: 'MR_SERDE_SCHEMA_INVALID' }));
});
