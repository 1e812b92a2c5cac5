/**
 * How instances ask each other: a request is one JSON object, its answer lines of JSON. Keys and values are the bytes of the serdes, in base64.
 *
 *   {"version":1,"store":"counts","partition":3,"read":{"type":"key","key":"a2Fma2E="},"isolation":"read_uncommitted","stale":false}
 *   {"rows":[["a2Fma2E=","AAAAAAAAAAU=",1700000000000,-1,-1]]}
 *   {"end":true}            or  {"error":{"code":"MR_QUERY_STORE_NOT_HERE","details":{…}}}
 *
 * An answer without its last line was cut. A request names one partition and is answered by the instance that gets it, never passed on.
 */
import { errorCatalogue, MillraceError, millraceError, type ErrorCode } from '@millrace/base';
import type { IsolationLevel, ReadRow, StoreRead } from '@millrace/state';

/** A read of one partition. */
export interface PartitionRequest {
  readonly store: string;
  readonly partition: number;
  readonly read: StoreRead;
  readonly isolation: IsolationLevel;
  readonly stale: boolean;
  readonly maxLag: number;
  readonly maxAgeMs: number;
}

const version = 1;
const bytesFields = ['key', 'fromKey', 'toKey', 'prefix'] as const;

export function encodeRequest({ read, maxLag, maxAgeMs, ...rest }: PartitionRequest): Buffer {
  const texts = bytesFields.flatMap((field) => {
    const bytes = (read as Partial<Record<typeof field, Uint8Array>>)[field];
    return bytes === undefined ? [] : [[field, base64(bytes)]];
  });
  const bounds = { ...(maxLag === Infinity ? {} : { maxLag }), ...(maxAgeMs === Infinity ? {} : { maxAgeMs }) };
  return Buffer.from(JSON.stringify({ version, ...rest, ...bounds, read: { ...read, ...Object.fromEntries(texts) } }));
}

/** Throws MR_QUERY_REQUEST for what is no request. */
export function decodeRequest(bytes: Buffer): PartitionRequest {
  const given = parsed(bytes);
  const { read, store, partition, isolation, stale } = given;
  const isRequest =
    given['version'] === version &&
    typeof store === 'string' &&
    Number.isInteger(partition) &&
    (isolation === 'read_uncommitted' || isolation === 'read_committed') &&
    typeof stale === 'boolean' &&
    isRead(read);
  if (!isRequest) throw millraceError('MR_QUERY_REQUEST', { problem: 'it lacks something, or is of another version' });
  const decoded = Object.fromEntries(
    Object.entries(read as object).map(([name, value]) => [
      name,
      (bytesFields as readonly string[]).includes(name) ? Buffer.from(String(value), 'base64') : value,
    ]),
  );
  return {
    store,
    partition: partition as number,
    isolation,
    stale,
    read: decoded as unknown as StoreRead,
    maxLag: bound(given['maxLag']),
    maxAgeMs: bound(given['maxAgeMs']),
  };
}

/** The rows of an answer as lines. */
export function encodeAnswer(rows: () => AsyncIterable<readonly ReadRow[]>): AsyncGenerator<Buffer> {
  return answerLines(async function* () {
    for await (const chunk of rows()) if (chunk.length > 0) yield { rows: chunk.map(encodeRow) };
  });
}

/** The lines of an answer; what goes wrong is the last of them. */
export async function* answerLines(objects: () => AsyncIterable<object>): AsyncGenerator<Buffer> {
  try {
    for await (const one of objects()) yield line(one);
    yield line({ end: true });
  } catch (thrown) {
    yield line({ error: errorShape(thrown) });
  }
}

/** The rows of an answer that comes in pieces. Throws the error that it ends with, or MR_QUERY_CUT. */
export async function* decodeAnswer(
  pieces: AsyncIterable<Buffer>,
  host: string,
): AsyncGenerator<readonly ReadRow[], void, undefined> {
  let rest: Buffer[] = [];
  for await (const piece of pieces) {
    let from = 0;
    for (let at = piece.indexOf(0x0a); at >= 0; at = piece.indexOf(0x0a, from)) {
      const given = parsed(Buffer.concat([...rest, piece.subarray(from, at)]));
      rest = [];
      from = at + 1;
      if (given['end'] === true) return;
      if (given['error'] !== undefined) throw remoteError(given['error'] as ErrorShape, host);
      yield ((given['rows'] ?? []) as readonly WireRow[]).map(decodeRow);
    }
    if (from < piece.length) rest.push(piece.subarray(from));
  }
  throw millraceError('MR_QUERY_CUT', { host });
}

type WireRow = readonly [key: string, value: string, timestamp: number, start: number, end: number];

interface ErrorShape {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

function encodeRow({ key, value, timestamp, start, end }: ReadRow): WireRow {
  return [base64(key), base64(value), timestamp, start, end];
}

function decodeRow([key, value, timestamp, start, end]: WireRow): ReadRow {
  return { key: Buffer.from(key, 'base64'), value: Buffer.from(value, 'base64'), timestamp, start, end };
}

function errorShape(thrown: unknown): ErrorShape {
  if (MillraceError.is(thrown)) return { code: thrown.code, message: thrown.message, details: thrown.details };
  return { code: 'MR_QUERY_REMOTE', message: thrown instanceof Error ? thrown.message : String(thrown), details: {} };
}

/** Errors of queries are themselves again; any other is the other instance's. */
function remoteError({ code, message, details }: ErrorShape, host: string): MillraceError {
  if (code.startsWith('MR_QUERY_') && code !== 'MR_QUERY_REMOTE' && code in errorCatalogue)
    return millraceError(code as ErrorCode, details as never);
  return millraceError('MR_QUERY_REMOTE', { host, code, problem: message });
}

function isRead(read: unknown): boolean {
  const { type, from, to } = (read ?? {}) as Record<string, unknown>;
  if (type === 'windows' || type === 'versions') return Number.isSafeInteger(from) && Number.isSafeInteger(to);
  return type === 'key' || type === 'keys' || type === 'prefix';
}

function bound(given: unknown): number {
  return typeof given === 'number' && given >= 0 ? given : Infinity;
}

function parsed(bytes: Buffer): Record<string, unknown> {
  try {
    const given: unknown = JSON.parse(bytes.toString());
    if (typeof given === 'object' && given !== null) return given as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw millraceError('MR_QUERY_REQUEST', { problem: 'it is no JSON object' });
}

function line(content: object): Buffer {
  return Buffer.from(`${JSON.stringify(content)}\n`);
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
