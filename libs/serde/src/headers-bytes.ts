/**
 * Record headers as the JVM library's header-aware stores keep them (KIP-1271): `varint size || headers || row`, where headers are `varint count ||
 * (varint length || key || varint length (-1 null) || value)*`, and nothing at all when there are none. Changelogs carry them as headers of the record.
 */
import { varint } from './varint.ts';

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

/** A row with the headers in front: `i64 time || value` of timestamped stores, the value alone of sessions. */
export function rowWithHeaders(headers: readonly KeptHeader[], row: Uint8Array): Buffer {
  const bytes = headersBytes(headers);
  return Buffer.concat([varint(bytes.length), bytes, row]);
}
