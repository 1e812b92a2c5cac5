/**
 * Whole messages. Encoding gives frames with the four-byte length in front, ready for the socket; decoding takes frames
 * without it, as a connection cuts them from its stream.
 */
import { Buffer } from 'node:buffer';
import { MillraceError, millraceError } from '@millrace/base';
import type { Api, Codec, Input } from './api.ts';
import { apiByKey } from './messages/apis.ts';
import { Reader } from './wire/reader.ts';
import { Writer } from './wire/writer.ts';

/** Who sends a request and how its response will be told from others. */
export interface RequestIdentity {
  readonly correlationId: number;
  readonly clientId: string | null;
}

/** The header of a request. */
export interface RequestHeader extends RequestIdentity {
  readonly apiKey: number;
  readonly apiVersion: number;
  /** Where the body starts in the frame. */
  readonly bodyOffset: number;
}

/** A response and the request it answers. */
export interface DecodedResponse<T> {
  readonly correlationId: number;
  readonly body: T;
}

const API_VERSIONS_KEY = 18;

/** A request as a frame with its length in front. */
export function encodeRequest<Req>(
  api: Pick<Api<Req, unknown>, 'key' | 'name' | 'flexibleSince' | 'request'>,
  version: number,
  { correlationId, clientId }: RequestIdentity,
  body: Input<Req>,
): Buffer {
  const writer = new Writer();
  writer.int32(0);
  writer.int16(api.key);
  writer.int16(version);
  writer.int32(correlationId);
  if (clientId === null) writer.int16(-1);
  else {
    const size = Buffer.byteLength(clientId);
    writer.int16(size);
    writer.utf8(clientId, size);
  }
  if (version >= api.flexibleSince) writer.unsignedVarint(0);
  return finish(writer, api.request, version, body, api.name);
}

/** A response as a frame with its length in front. */
export function encodeResponse<Res>(
  api: Pick<Api<unknown, Res>, 'key' | 'name' | 'flexibleSince' | 'response'>,
  version: number,
  correlationId: number,
  body: Input<Res>,
): Buffer {
  const writer = new Writer();
  writer.int32(0);
  writer.int32(correlationId);
  if (hasFlexibleResponseHeader(api, version)) writer.unsignedVarint(0);
  return finish(writer, api.response, version, body, api.name);
}

/** Reads the header of a received request. The header of an API that Millrace does not know ends after the client id. */
export function decodeRequestHeader(frame: Buffer): RequestHeader {
  const reader = new Reader(frame, 'A request header');
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const size = reader.int16();
  const clientId = size < 0 ? null : reader.utf8(size);
  const api = apiByKey(apiKey);
  if (api !== undefined && apiVersion >= api.flexibleSince) skipTags(reader);
  return { apiKey, apiVersion, correlationId, clientId, bodyOffset: reader.position };
}

/** Reads the body of a request that starts at `offset` of its frame. Bytes are views of the frame. */
export function decodeRequest<Req>(
  api: Pick<Api<Req, unknown>, 'name' | 'request'>,
  version: number,
  frame: Buffer,
  offset: number,
): Req {
  return decodeBody(api.request, version, new Reader(frame, `${api.name} request v${version}`, offset));
}

/** Reads a response. Bytes are views of the frame. */
export function decodeResponse<Res>(
  api: Pick<Api<unknown, Res>, 'key' | 'name' | 'flexibleSince' | 'response'>,
  version: number,
  frame: Buffer,
): DecodedResponse<Res> {
  const reader = new Reader(frame, `${api.name} response v${version}`);
  const correlationId = reader.int32();
  if (hasFlexibleResponseHeader(api, version)) skipTags(reader);
  return { correlationId, body: decodeBody(api.response, version, reader) };
}

/** A client must be able to read the answer to its first request whatever the broker speaks (KIP-511): no tags there. */
function hasFlexibleResponseHeader(api: { readonly key: number; readonly flexibleSince: number }, version: number) {
  return version >= api.flexibleSince && api.key !== API_VERSIONS_KEY;
}

function skipTags(reader: Reader): void {
  const count = reader.unsignedVarint();
  for (let i = 0; i < count; i++) {
    reader.unsignedVarint();
    reader.take(reader.unsignedVarint());
  }
}

function decodeBody<T>(codec: Codec<T>, version: number, reader: Reader): T {
  const body = codec.read(reader, version);
  if (reader.remaining > 0) reader.malformed(`${reader.remaining} bytes are left over`);
  return body;
}

function finish<T>(writer: Writer, codec: Codec<T>, version: number, body: Input<T>, name: string): Buffer {
  try {
    codec.write(writer, version, body);
  } catch (cause) {
    if (MillraceError.is(cause)) throw cause;
    throw millraceError(
      'MR_PROTOCOL_VALUE_OUT_OF_RANGE',
      { field: name, value: String(cause), type: `body of version ${version}` },
      cause,
    );
  }
  const frame = writer.finish();
  frame.writeInt32BE(frame.length - 4, 0);
  return frame;
}
