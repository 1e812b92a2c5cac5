import { describe, expect, test } from '@jest/globals';
import { committedLog } from './committed-log.ts';

interface BatchOptions {
  readonly baseOffset: number;
  readonly producerId?: number;
  readonly transactional?: boolean;
  readonly control?: boolean;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value < 0 ? -value * 2 - 1 : value * 2;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

/** A record batch by hand. */
function batch(options: BatchOptions, keys: readonly Buffer[]): Buffer {
  const records = keys.flatMap((key, i) => {
    const body = [0, ...varint(i * 10), ...varint(i), ...varint(key.length), ...key, ...varint(-1), ...varint(0)];
    return [...varint(body.length), ...body];
  });
  const bytes = Buffer.alloc(61 + records.length);
  bytes.writeBigInt64BE(BigInt(options.baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt16BE((options.transactional ? 0x10 : 0) | (options.control ? 0x30 : 0), 21);
  bytes.writeBigInt64BE(1_000n, 27);
  bytes.writeBigInt64BE(BigInt(options.producerId ?? -1), 43);
  bytes.writeInt32BE(keys.length, 57);
  Buffer.from(records).copy(bytes, 61);
  return bytes;
}

const data = (baseOffset: number, producerId: number, ...keys: string[]): Buffer =>
  batch({ baseOffset, producerId, transactional: true }, keys.map((key) => Buffer.from(key))); // prettier-ignore
const marker = (baseOffset: number, producerId: number, type: 'abort' | 'commit'): Buffer =>
  batch({ baseOffset, producerId, control: true }, [Buffer.from([0, 0, 0, type === 'commit' ? 1 : 0])]);
const keysOf = (log: Buffer[]): string => committedLog(log).records.map(({ key }) => key?.toString()).join(''); // prettier-ignore

describe('committedLog', () => {
  test('reads records outside transactions with their offsets and timestamps', () => {
    const { records } = committedLog([batch({ baseOffset: 7 }, [Buffer.from('a'), Buffer.from('b')])]);
    expect(records).toEqual([
      { offset: 7, timestamp: 1_000, key: Buffer.from('a'), value: null },
      { offset: 8, timestamp: 1_010, key: Buffer.from('b'), value: null },
    ]);
  });

  test('keeps committed transactions, in offset order, and drops aborted ones', () => {
    const log = [data(0, 1, 'a'), data(1, 2, 'x'), data(2, 1, 'b'), marker(3, 2, 'abort'), data(4, 2, 'c'), marker(5, 1, 'commit'), marker(6, 2, 'commit')]; // prettier-ignore
    expect(keysOf(log)).toBe('abc');
    expect(keysOf([Buffer.concat(log)])).toBe('abc');
    expect(committedLog(log)).toMatchObject({ aborted: 1, undecided: 0 });
  });

  test('counts records of open transactions as undecided', () => {
    expect(committedLog([data(0, 1, 'a', 'b'), data(2, 2, 'c'), marker(3, 2, 'commit')])).toMatchObject({
      undecided: 2,
      records: [{ offset: 2 }],
    });
  });
});
