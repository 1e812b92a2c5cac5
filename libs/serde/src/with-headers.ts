/** Values with headers of a record, as header-aware stores keep them (KIP-1271): `varint size || headers || value`, see `headers-bytes.ts`. */
import { millraceError } from '@millrace/base';
import { readHeaders, rowWithHeaders, type KeptHeader } from './headers-bytes.ts';
import type { Serde } from './serde.ts';
import { readVarint } from './varint.ts';

export interface ValueWithHeaders<V> {
  readonly value: V;
  readonly headers: readonly KeptHeader[];
}

/** The headers in front of a value, and the bytes of the value. Throws MR_SERDE_UNREADABLE. */
export function headersApart(topic: string, bytes: Buffer): ValueWithHeaders<Buffer> {
  const { value: size, end } = readVarint(bytes) ?? { value: -1, end: 0 };
  if (size < 0 || end + size > bytes.length)
    throw millraceError('MR_SERDE_UNREADABLE', { serde: 'headers', topic, problem: `headers of ${size} bytes` });
  return { headers: readHeaders(topic, bytes.subarray(end, end + size)), value: bytes.subarray(end + size) };
}

export function withHeaders<V>(inner: Serde<V>): Serde<ValueWithHeaders<V>> {
  const { open, prepare } = inner;
  return {
    name: `withHeaders(${inner.name})`,
    serialize: (topic, { value, headers }) => rowWithHeaders(headers, inner.serialize(topic, value)),
    deserialize: (topic, bytes) => {
      const { value, headers } = headersApart(topic, bytes);
      return { value: inner.deserialize(topic, value), headers };
    },
    ...(open === undefined ? {} : { open: (use) => open.call(inner, use) }),
    ...(prepare === undefined
      ? {}
      : { prepare: (topic, bytes) => prepare.call(inner, topic, headersApart(topic, bytes).value) }),
  };
}
