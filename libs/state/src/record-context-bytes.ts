/**
 * The context of a record as the JVM library stores it beside a record that waits (ProcessorRecordContext):
 * `i64 timestamp || i64 offset || i32 length || topic || i32 partition || i32 headers || (i32 length || key || i32 length (-1 null) || value)*`.
 */
import type { Header } from '@millrace/ports';
import type { ByteReader } from './byte-reader.ts';
import type { RecordContext, RecordOrigin } from './record-context.ts';

/** Where a record came from, when it was made, and what it carried. */
export type RecordCircumstances = Pick<RecordContext, 'headers' | 'timestamp'> & { readonly origin: RecordOrigin };

export function encodeRecordContext({ headers = [], timestamp, origin }: RecordCircumstances): Buffer {
  const topic = Buffer.from(origin.topic ?? '');
  const parts: Uint8Array[] = [int64(timestamp), int64(origin.offset), int32(topic.length), topic];
  parts.push(int32(origin.partition), int32(headers.length));
  for (const { key, value } of headers) parts.push(...sized(Buffer.from(key)), ...sized(value));
  return Buffer.concat(parts);
}

/** Versions before 2.3 wrote -1 for no headers. */
export function readRecordContext(reader: ByteReader): RecordCircumstances {
  const timestamp = reader.int64();
  const offset = reader.int64();
  const topic = (reader.sized() ?? '').toString();
  const partition = reader.int32();
  const headers: Header[] = [];
  for (let left = reader.int32(); left > 0; left--)
    headers.push({ key: (reader.sized() ?? '').toString(), value: reader.sized() });
  return { headers: headers.length === 0 ? undefined : headers, timestamp, origin: { topic, partition, offset } };
}

/** `i32 length || bytes`; -1 for null. */
export function sized(bytes: Uint8Array | null): Uint8Array[] {
  return bytes === null ? [int32(-1)] : [int32(bytes.length), bytes];
}

export function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}
