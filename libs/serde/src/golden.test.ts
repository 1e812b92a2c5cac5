import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { Serdes, change, timeWindowed, type Serde } from './index.ts';

interface Golden {
  readonly serdes: readonly { readonly serde: string; readonly value: string; readonly hex: string | null }[];
  readonly windowKeys: readonly {
    readonly key: string;
    readonly start: number;
    readonly end: number;
    readonly timeWindowedSerializer: string;
  }[];
  readonly change: readonly {
    readonly upgradeFrom: string | null;
    readonly new: string | null;
    readonly old: string | null;
    readonly hex?: string;
  }[];
  readonly changeDecode: readonly { readonly hex: string; readonly new: string | null; readonly old: string | null }[];
}

/** Recorded from Kafka Streams 4.3.1. */
const golden = JSON.parse(readFileSync(new URL('../testdata/low-level.json', import.meta.url), 'utf8')) as Golden;

const kinds: Readonly<Record<string, { serde: Serde<unknown>; parse: (text: string) => unknown }>> = {
  long: { serde: Serdes.bigint(), parse: BigInt },
  int: { serde: Serdes.integer(), parse: Number },
  short: { serde: Serdes.short(), parse: Number },
  double: { serde: Serdes.double(), parse: Number },
  float: { serde: Serdes.float(), parse: (text) => Math.fround(Number(text)) },
  uuid: { serde: Serdes.uuid(), parse: String },
  boolean: { serde: Serdes.boolean(), parse: (text) => text === 'true' },
  string: { serde: Serdes.string(), parse: (text) => (text.includes('lone surrogate') ? '\ud800' : text) },
  bytes: { serde: Serdes.bytes(), parse: (text) => Buffer.from(text.slice(4), 'hex') },
  'list(string)': { serde: Serdes.list(Serdes.string()), parse: items(String) },
  'list(long)': { serde: Serdes.list(Serdes.long()), parse: items(Number) },
  'list(int)': { serde: Serdes.list(Serdes.integer()), parse: items(Number) },
  'list(short)': { serde: Serdes.list(Serdes.short()), parse: items(Number) },
  'list(double)': { serde: Serdes.list(Serdes.double()), parse: items(Number) },
  'list(uuid)': { serde: Serdes.list(Serdes.uuid()), parse: items(String) },
  'list(byteArray)': { serde: Serdes.list(Serdes.bytes()), parse: items((text) => Buffer.from(text, 'hex')) },
};

/** A list as the recorder prints it: `[a,null,b]`. */
function items(parse: (text: string) => unknown): (text: string) => unknown {
  return (text) =>
    text === '[]'
      ? []
      : text
          .slice(1, -1)
          .split(',')
          .map((item) => (item === 'null' ? null : parse(item)));
}

describe('built-in serdes have the bytes of the JVM library', () => {
  const cases = golden.serdes.filter(({ serde }) => serde in kinds);
  test('the golden file has them', () => expect(cases.length).toBeGreaterThan(40));
  test.each(cases)('$serde $value', ({ serde: kind, value, hex }) => {
    const { serde, parse } = kinds[kind] as (typeof kinds)[string];
    const bytes = serde.serialize('t', parse(value) as never);
    expect(Buffer.from(bytes).toString('hex')).toBe(hex);
    if (!value.includes('surrogate')) expect(serde.deserialize('t', Buffer.from(bytes))).toEqual(parse(value));
  });
});

test.each(golden.serdes.filter(({ serde }) => serde === 'long'))(
  'long $value is a number when that is safe',
  ({ value, hex }) => {
    const bytes = Buffer.from(hex ?? '', 'hex');
    if (Number.isSafeInteger(Number(value))) {
      expect(Serdes.long().deserialize('t', bytes)).toBe(Number(value));
      expect(Buffer.from(Serdes.long().serialize('t', Number(value)))).toEqual(bytes);
    } else {
      expect(() => Serdes.long().deserialize('t', bytes)).toThrow(
        expect.objectContaining({ code: 'MR_SERDE_UNSAFE_INTEGER' }),
      );
    }
  },
);

test.each(golden.windowKeys)('windowed key $key at $start', ({ key, start, end, timeWindowedSerializer }) => {
  const serde = timeWindowed(Serdes.string(), end - start);
  const bytes = Buffer.from(serde.serialize('t', { key, window: { start, end } }));
  expect(bytes.toString('hex')).toBe(timeWindowedSerializer);
  expect(serde.deserialize('t', bytes)).toEqual({ key, window: { start, end } });
});

test.each(golden.change.filter(({ upgradeFrom }) => upgradeFrom === null))(
  'change $old to $new',
  ({ new: newValue, old: oldValue, hex }) => {
    expect(Buffer.from(change(Serdes.string()).serialize('t', { oldValue, newValue })).toString('hex')).toBe(hex);
  },
);

test.each(golden.changeDecode)('change from $hex', ({ hex, new: newValue, old: oldValue }) => {
  expect(change(Serdes.string()).deserialize('t', Buffer.from(hex, 'hex'))).toEqual({ oldValue, newValue });
});

test.each(['', '02', '0100000002', '00', '017fffffff', '0100000001000000ff61'])('bytes %p are no list', (hex) => {
  const bytes = Buffer.from(hex, 'hex');
  expect(() => Serdes.list(Serdes.string()).deserialize('t', bytes)).toThrow(
    expect.objectContaining({ code: 'MR_SERDE_UNREADABLE' }),
  );
});
