/**
 * Record headers as the JVM library's header-aware stores keep them (KIP-1271): `varint size || headers || row`, where headers are `varint count ||
 * (varint length || key || varint length (-1 null) || value)*`, and nothing at all when there are none. Changelogs carry them as headers of the record.
 */
import { millraceError } from '@millrace/base';
import { readVarint, varint } from './varint.ts';

/** A header; the value may be null. */
export interface KeptHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

export function headersBytes(headers: readonly KeptHeader[]): Buffer {
  if (headers.length === 0) return Buffer.alloc(0);
  const parts = headers.flatMap(({ key, value }) => {
    const name = Buffer.from(key);
    return [varint(name.length), name, varint(value?.length ?? -1), value ?? Buffer.alloc(0)];
  });
  return Buffer.concat([varint(headers.length), ...parts]);
}

/** What `headersBytes` wrote. Throws MR_SERDE_UNREADABLE. */
export function readHeaders(topic: string, bytes: Buffer): KeptHeader[] {
  if (bytes.length === 0) return [];
  let at = 0;
  const number = (): number => {
    const found = readVarint(bytes, at);
    if (found === undefined || found.value < -1)
      throw millraceError('MR_SERDE_UNREADABLE', { serde: 'headers', topic, problem: `no length at byte ${at}` });
    at = found.end;
    return found.value;
  };
  const piece = (length: number): Buffer => {
    if (at + length > bytes.length)
      throw millraceError('MR_SERDE_UNREADABLE', { serde: 'headers', topic, problem: `${length} bytes at byte ${at}` });
    at += length;
    return bytes.subarray(at - length, at);
  };
  return Array.from({ length: Math.max(0, number()) }, () => {
    const key = piece(Math.max(0, number())).toString();
    const length = number();
    return { key, value: length < 0 ? null : piece(length) };
  });
}

/** A row with the headers in front: `i64 time || value` of timestamped stores, the value alone of sessions. */
export function rowWithHeaders(headers: readonly KeptHeader[], row: Uint8Array): Buffer {
  const bytes = headersBytes(headers);
  return Buffer.concat([varint(bytes.length), bytes, row]);
}
