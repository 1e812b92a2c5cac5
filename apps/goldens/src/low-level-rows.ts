/** Rows as the JVM library keeps them locally: with their time, with headers, and with the versions of a segment. */
import { Buffer } from 'node:buffer';
import { headersBytes, rowWithHeaders } from '@millrace/serde';
import { localValue, readSegmentRow, segmentRow, withEarliest, withLatest, writeSegmentRow } from '@millrace/state';

interface TimedVector {
  readonly value: string;
  readonly ts: number;
  readonly hex: string | null;
}

interface HeadersVector {
  readonly headers: readonly (readonly [name: string, hex: string | null])[];
  readonly headersBytes: string;
  readonly valueTimestampHeaders_value78_ts5: string;
  readonly sessionValueHeaders_value78: string;
}

interface SegmentVector {
  readonly after: string;
  readonly hex: string;
}

/** A time below 0 is that of no record: the library writes no row for it. */
export function checkTimedRow({ value, ts, hex }: TimedVector): boolean {
  return (ts < 0 ? null : localValue(Buffer.from(value), ts).toString('hex')) === hex;
}

export function checkHeadersFormat(vector: HeadersVector): boolean {
  const headers = vector.headers.map(([key, hex]) => ({ key, value: hex === null ? null : Buffer.from(hex, 'hex') }));
  const value = Buffer.from('78', 'hex');
  return (
    headersBytes(headers).toString('hex') === vector.headersBytes &&
    rowWithHeaders(headers, localValue(value, 5)).toString('hex') === vector.valueTimestampHeaders_value78_ts5 &&
    rowWithHeaders(headers, value).toString('hex') === vector.sessionValueHeaders_value78
  );
}

/** The recorder's steps, each upon the one before. */
const segmentSteps = [
  ['newSegmentValueWithRecord(v1, ts 10, validTo 20)', () => segmentRow(Buffer.from('v1'), 10, 20)],
  [
    'insertAsLatest(ts 20, validTo 30, tombstone)',
    (row: Buffer) => withLatest(readSegmentRow(row), { validFrom: 20, value: null }, 30),
  ],
  [
    'insertAsLatest(30, 40, v3)',
    (row: Buffer) => withLatest(readSegmentRow(row), { validFrom: 30, value: Buffer.from('v3') }, 40),
  ],
  [
    'insertAsEarliest(ts 5, v0)',
    (row: Buffer) => withEarliest(readSegmentRow(row), { validFrom: 5, value: Buffer.from('v0') }),
  ],
] as const;

export function checkSegmentRow({ after, hex }: SegmentVector): boolean {
  let bytes: Buffer = Buffer.alloc(0);
  for (const [name, step] of segmentSteps) {
    bytes = writeSegmentRow(step(bytes));
    if (name === after) return bytes.toString('hex') === hex;
  }
  throw new Error('this step is not known yet');
}
