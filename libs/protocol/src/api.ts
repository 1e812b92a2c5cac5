/** An API of Kafka: its key, its versions, and how its request and response look in each of them. */
import { millraceError } from '@millrace/base';
import type { Fields, StructOf } from './wire/field.ts';
import type { Reader } from './wire/reader.ts';
import { compileStruct } from './wire/struct-codec.ts';
import type { ValueCodec } from './wire/value-codec.ts';
import { hasVersion, versionRange, type VersionRange } from './wire/version-range.ts';
import type { Writer } from './wire/writer.ts';

/**
 * What may be given for encoding: every field may be left out, its default is sent then. Bytes may be given in chunks.
 */
export type Input<T> = T extends Uint8Array
  ? Uint8Array | readonly Uint8Array[]
  : T extends readonly (infer E)[]
    ? readonly Input<E>[]
    : T extends object
      ? { readonly [K in keyof T]?: Input<T[K]> | undefined }
      : T;

/** Writes and reads a message in any of its versions. */
export interface Codec<T> {
  write(writer: Writer, version: number, value: Input<T>): void;
  read(reader: Reader, version: number): T;
}

/** One API; `Req` and `Res` are the decoded messages, with every field of every version. */
export interface Api<Req, Res> {
  readonly key: number;
  readonly name: string;
  readonly versions: VersionRange;
  /** The first version with compact lengths and tagged fields (KIP-482); Infinity if none has them. */
  readonly flexibleSince: number;
  readonly request: Codec<Req>;
  readonly response: Codec<Res>;
}

/** The decoded request of an API. */
export type RequestOf<A> = A extends Api<infer Req, unknown> ? Req : never;

/** The decoded response of an API. */
export type ResponseOf<A> = A extends { readonly response: Codec<infer Res> } ? Res : never;

interface ApiSchema<Req extends Fields, Res extends Fields> {
  readonly key: number;
  readonly name: string;
  readonly versions: string;
  readonly flexible?: string;
  readonly request: Req;
  readonly response: Res;
}

/** Makes an API of its schema. */
export function defineApi<Req extends Fields, Res extends Fields>(
  schema: ApiSchema<Req, Res>,
): Api<StructOf<Req>, StructOf<Res>> {
  const { key, name, versions, flexible } = schema;
  return {
    key,
    name,
    versions: versionRange(versions),
    flexibleSince: flexible === undefined ? Infinity : versionRange(flexible).min,
    request: messageCodec(schema, 'request', schema.request),
    response: messageCodec(schema, 'response', schema.response),
  };
}

/** The codec of a message on its own. Codecs are compiled at the first use of a version. */
export function messageCodec<F extends Fields>(
  api: { readonly name: string; readonly versions: string; readonly flexible?: string },
  kind: string,
  fields: F,
): Codec<StructOf<F>> {
  const message = `${api.name} ${kind}`;
  const compiled: ValueCodec[] = [];
  const codecOf = (version: number): ValueCodec => {
    const known = compiled[version];
    if (known !== undefined) return known;
    if (!hasVersion(api.versions, version)) {
      throw millraceError('MR_PROTOCOL_VERSION_UNSUPPORTED', { api: api.name, version, ...versionRange(api.versions) });
    }
    const codec = compileStruct(fields, { message, version, flexible: hasVersion(api.flexible, version) });
    compiled[version] = codec;
    return codec;
  };
  return {
    write: (writer, version, value) => codecOf(version).write(writer, value),
    read: (reader, version) => codecOf(version).read(reader) as StructOf<F>,
  };
}
