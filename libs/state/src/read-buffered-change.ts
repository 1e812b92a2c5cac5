/**
 * Reads the changelog of a suppression in every version that the JVM library ever wrote; header `v` says which, none is version 0.
 *
 *   0 (2.1)          i64 time || change
 *   1 (2.2)          i64 time || context || i32 length || change
 *   2 (2.3)          context || i32 length || change || prior || i64 time
 *   3 (since 2.4)    context || prior || old (-2: the same as prior) || new || i64 time
 *
 * where `change` is `old || new`, and every value `i32 length (-1 null) || bytes`. 2.4.0, 2.4.1 and 2.5.0 wrote version 3 and called it 2.
 */
import { millraceError, MillraceError } from '@millrace/base';
import type { FetchedBatch } from '@millrace/ports';
import { BufferedChange } from './buffered-change.ts';
import { ByteReader } from './byte-reader.ts';
import { readRecordContext, type RecordCircumstances } from './record-context-bytes.ts';

/** A change, and the time under which it waits. */
export interface WaitingChange {
  readonly change: BufferedChange;
  readonly time: number;
}

/** A record of the changelog, with where it stands. */
export interface LoggedChange extends RecordCircumstances {
  readonly value: Buffer;
}

const sameAsPrior = -2;

/** A record of a changelog as it was fetched. */
export function loggedChange(batch: FetchedBatch, i: number, value: Buffer): LoggedChange {
  const headers = batch.headers(i);
  return {
    value,
    headers: headers.length === 0 ? undefined : headers,
    timestamp: batch.timestamp(i),
    origin: { topic: batch.topic, partition: batch.partition, offset: batch.offset(i) },
  };
}

/** @param waiting the change of the same key that waits already: before version 2 a record does not say what was before */
export function readBufferedChange(logged: LoggedChange, waiting: BufferedChange | undefined): WaitingChange {
  const { value, headers } = logged;
  const stamp = headers?.findLast(({ key }) => key === 'v');
  if (stamp === undefined) return version0(logged, waiting);
  const version = stamp.value?.length === 1 ? stamp.value[0] : undefined;
  if (version === 1) return version1(value, waiting);
  if (version === 2) return version2Or3(value);
  if (version === 3) return readVersion3(value);
  throw millraceError('MR_SERDE_UNREADABLE', {
    serde: 'suppress buffer',
    topic: logged.origin.topic ?? 'its changelog',
    problem: `version ${version ?? 'of no known form'} at offset ${logged.origin.offset}`,
  });
}

function version0(logged: LoggedChange, waiting: BufferedChange | undefined): WaitingChange {
  const reader = readerOf(logged.value);
  const time = reader.int64();
  return { change: bothValues(reader, logged, waiting), time };
}

function version1(value: Buffer, waiting: BufferedChange | undefined): WaitingChange {
  const reader = readerOf(value);
  const time = reader.int64();
  const context = readRecordContext(reader);
  return { change: bothValues(nested(reader), context, waiting), time };
}

function version2(value: Buffer): WaitingChange {
  const reader = readerOf(value);
  const context = readRecordContext(reader);
  const change = nested(reader);
  const oldValue = change.sized();
  const newValue = change.sized();
  const prior = reader.sized();
  return { change: new BufferedChange(prior, oldValue, newValue, context.timestamp, context), time: lastTime(reader) };
}

/** What buffers of joins have written since there are such: their changelogs say no version. */
export function readVersion3(value: Buffer): WaitingChange {
  const reader = readerOf(value);
  const context = readRecordContext(reader);
  const prior = reader.sized();
  const oldValue = reader.peekInt32() === sameAsPrior ? (reader.int32(), prior) : reader.sized();
  const change = new BufferedChange(prior, oldValue, reader.sized(), context.timestamp, context);
  return { change, time: lastTime(reader) };
}

/** Tried in the order of the JVM library. */
function version2Or3(value: Buffer): WaitingChange {
  try {
    return version2(value);
  } catch (error) {
    if (!MillraceError.is(error)) throw error;
    return readVersion3(value);
  }
}

function bothValues(
  reader: ByteReader,
  context: RecordCircumstances,
  waiting: BufferedChange | undefined,
): BufferedChange {
  const oldValue = reader.sized();
  const newValue = reader.sized();
  // A prior that waits as null is as unknown as none, as in the JVM library.
  const prior = waiting?.prior ?? oldValue;
  return new BufferedChange(prior, oldValue, newValue, context.timestamp, context);
}

function nested(reader: ByteReader): ByteReader {
  return readerOf(reader.sized() ?? Buffer.alloc(0));
}

/** Bytes behind the time show that the version is another one. */
function lastTime(reader: ByteReader): number {
  const time = reader.int64();
  if (reader.left > 0)
    throw millraceError('MR_SERDE_UNREADABLE', {
      serde: 'suppress buffer',
      topic: 'its changelog',
      problem: `${reader.left} bytes behind the end`,
    });
  return time;
}

function readerOf(bytes: Buffer): ByteReader {
  return new ByteReader(bytes, 'suppress buffer');
}
