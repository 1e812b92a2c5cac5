/** Compiles a field to a pair of closures for one version: how its value is written and read. */
import { Buffer } from 'node:buffer';
import { millraceError } from '@millrace/base';
import type { Field, PrimitiveKind } from './field.ts';
import type { Reader } from './reader.ts';
import { compileStruct } from './struct-codec.ts';
import { hasVersion } from './version-range.ts';
import type { Writer } from './writer.ts';

/** Writes and reads one value; `minBytes` bounds how many of them an input can hold. */
export interface ValueCodec {
  readonly minBytes: number;
  write(writer: Writer, value: unknown): void;
  read(reader: Reader): unknown;
}

/** What a field is compiled for. */
export interface CodecContext {
  readonly message: string;
  readonly version: number;
  readonly flexible: boolean;
}

type FixedKind = Exclude<PrimitiveKind, 'string' | 'bytes' | 'records'>;

const fixed: Readonly<Record<FixedKind, ValueCodec>> = {
  boolean: { minBytes: 1, write: (w, value) => w.int8(value === true ? 1 : 0), read: (r) => r.int8() !== 0 },
  int8: { minBytes: 1, write: (w, value) => w.int8(value as number), read: (r) => r.int8() },
  int16: { minBytes: 2, write: (w, value) => w.int16(value as number), read: (r) => r.int16() },
  uint16: { minBytes: 2, write: (w, value) => w.uint16(value as number), read: (r) => r.uint16() },
  int32: { minBytes: 4, write: (w, value) => w.int32(value as number), read: (r) => r.int32() },
  int64: { minBytes: 8, write: (w, value) => w.int64(value as number), read: (r) => r.int64() },
  float64: { minBytes: 8, write: (w, value) => w.float64(value as number), read: (r) => r.float64() },
  uuid: { minBytes: 16, write: (w, value) => w.uuid(value as string), read: (r) => r.uuid() },
};

/** Compiles one field; `name` is for its errors. */
export function compileValue(field: Field, name: string, context: CodecContext): ValueCodec {
  const nullable = hasVersion(field.options.nullable, context.version);
  switch (field.kind) {
    case 'string':
      return stringCodec(name, nullable, context);
    case 'bytes':
    case 'records':
      return bytesCodec(name, nullable, context);
    case 'array':
      return arrayCodec(field.element as Field, name, nullable, context);
    case 'struct':
      return structCodec(field, nullable, name, context);
    default:
      return fixed[field.kind];
  }
}

/** Null where the version does not know it; a caller's fault. */
function nullRefused(field: string, { message, version }: CodecContext): never {
  throw millraceError('MR_PROTOCOL_FIELD_NOT_IN_VERSION', { message, field: `${field} = null`, version });
}

interface LengthCodec {
  readonly minBytes: number;
  write(writer: Writer, length: number): void;
  read(reader: Reader): number;
}

/** Lengths, -1 for null: compact (KIP-482) or of fixed width. */
const compactLength: LengthCodec = {
  minBytes: 1,
  write: (writer, length) => writer.unsignedVarint(length + 1),
  read: (reader) => reader.unsignedVarint() - 1,
};
const length16: LengthCodec = { minBytes: 2, write: (w, length) => w.int16(length), read: (r) => r.int16() };
const length32: LengthCodec = { minBytes: 4, write: (w, length) => w.int32(length), read: (r) => r.int32() };

function stringCodec(name: string, nullable: boolean, context: CodecContext): ValueCodec {
  const length = context.flexible ? compactLength : length16;
  return {
    minBytes: length.minBytes,
    write(writer, value) {
      if (value === null) {
        if (!nullable) nullRefused(name, context);
        return length.write(writer, -1);
      }
      const size = Buffer.byteLength(value as string);
      length.write(writer, size);
      writer.utf8(value as string, size);
    },
    read(reader) {
      const size = length.read(reader);
      if (size >= 0) return reader.utf8(size);
      return size === -1 && nullable ? null : reader.malformed(`'${name}' has length ${size}`);
    },
  };
}

function bytesCodec(name: string, nullable: boolean, context: CodecContext): ValueCodec {
  const length = context.flexible ? compactLength : length32;
  return {
    minBytes: length.minBytes,
    write(writer, value) {
      if (value === null) {
        if (!nullable) nullRefused(name, context);
        return length.write(writer, -1);
      }
      if (!Array.isArray(value)) {
        length.write(writer, (value as Uint8Array).length);
        return writer.bytes(value as Uint8Array);
      }
      const chunks = value as readonly Uint8Array[];
      const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
      length.write(writer, size);
      // All at once: a fetch response would double the buffer, and copy it, many times over.
      let at = writer.reserve(size);
      for (const chunk of chunks) {
        writer.buffer.set(chunk, at);
        at += chunk.length;
      }
    },
    read(reader) {
      const size = length.read(reader);
      if (size >= 0) return reader.bytes(size);
      return size === -1 && nullable ? null : reader.malformed(`'${name}' has length ${size}`);
    },
  };
}

function arrayCodec(elementField: Field, name: string, nullable: boolean, context: CodecContext): ValueCodec {
  const length = context.flexible ? compactLength : length32;
  const element = compileValue(elementField, name, context);
  const elementBytes = Math.max(1, element.minBytes);
  return {
    minBytes: length.minBytes,
    write(writer, value) {
      if (value === null) {
        if (!nullable) nullRefused(name, context);
        return length.write(writer, -1);
      }
      const list = value as readonly unknown[];
      length.write(writer, list.length);
      for (let i = 0; i < list.length; i++) element.write(writer, list[i]);
    },
    read(reader) {
      const count = length.read(reader);
      if (count === -1 && nullable) return null;
      if (count < 0 || count > reader.remaining / elementBytes)
        reader.malformed(`'${name}' announces ${count} elements`);
      const list: unknown[] = [];
      for (let i = 0; i < count; i++) list.push(element.read(reader));
      return list;
    },
  };
}

/** A struct that may be null is preceded by one byte: 1, or -1 for null (KIP-893). */
function structCodec(field: Field, nullable: boolean, name: string, context: CodecContext): ValueCodec {
  const body = compileStruct(field.fields ?? {}, context);
  if (!nullable) return body;
  return {
    minBytes: 1,
    write(writer, value) {
      writer.int8(value === null ? -1 : 1);
      if (value !== null) body.write(writer, value);
    },
    read(reader) {
      const mark = reader.int8();
      if (mark !== 1 && mark !== -1) reader.malformed(`'${name}' is neither present nor null`);
      return mark === 1 ? body.read(reader) : null;
    },
  };
}
