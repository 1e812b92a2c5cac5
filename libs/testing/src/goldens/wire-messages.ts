/** Messages of kafka-clients 4.3.1 against Millrace's codecs: the bytes give the JVM's fields, the fields give the JVM's bytes. */
import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import { invariant } from '@millrace/base';
import {
  apis,
  decodeRequest,
  decodeRequestHeader,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  type Api,
  type ApiName,
  type Input,
} from '@millrace/protocol';

export interface GoldenMessage {
  readonly api: ApiName;
  readonly kind: 'request' | 'response';
  readonly version: number;
  readonly variant: number;
  readonly header: string;
  readonly headerFields: { readonly correlationId: number; readonly clientId?: string | null };
  readonly body: string;
  readonly fields: unknown;
}

type AnyApi = Api<Record<string, unknown>, Record<string, unknown>>;

/** What differs, in words. */
export function messageFaults(message: GoldenMessage): string[] {
  const at = `${message.api} ${message.kind} v${message.version} variant ${message.variant}`;
  try {
    const decoded = decode(message);
    const bytes = message.header + message.body;
    const faults: string[] = [];
    if (!isDeepStrictEqual(asPrinted(decoded, message.fields), message.fields))
      faults.push(`${at}: read as ${text(asPrinted(decoded, message.fields))}\n      the JVM: ${text(message.fields)}`);
    for (const from of [asInput(message.fields, decoded), decoded]) {
      const written = encode(message, from);
      if (written !== bytes) faults.push(`${at}: written as ${written}\n      the JVM: ${bytes}`);
    }
    return faults;
  } catch (error) {
    return [`${at}: ${String(error)}`];
  }
}

/** The decoded message as the recorder prints it: only the fields of the version, bytes as base64. */
function asPrinted(decoded: unknown, printed: unknown, key = ''): unknown {
  if (Buffer.isBuffer(decoded)) return key === 'records' ? '' : decoded.toString('base64');
  if (typeof decoded !== 'object' || decoded === null || typeof printed !== 'object' || printed === null)
    return decoded;
  if (Array.isArray(decoded)) return decoded.map((item, i) => asPrinted(item, (printed as unknown[])[i]));
  const entries = Object.entries(decoded).filter(([name]) => name in printed);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, asPrinted(value, (printed as Record<string, unknown>)[name], name)]),
  );
}

/** The printed fields as input, with bytes taken from the decoded message. */
function asInput(printed: unknown, decoded: unknown): unknown {
  if (Buffer.isBuffer(decoded)) return decoded;
  if (typeof printed !== 'object' || printed === null) return printed;
  if (Array.isArray(printed)) return printed.map((item, i) => asInput(item, (decoded as unknown[])[i]));
  return Object.fromEntries(
    Object.entries(printed).map(([name, value]) => [name, asInput(value, (decoded as Record<string, unknown>)[name])]),
  );
}

function decode(message: GoldenMessage): unknown {
  const api = apis[message.api] as unknown as AnyApi;
  const { correlationId, clientId } = message.headerFields;
  const frame = Buffer.from(message.header + message.body, 'hex');
  if (message.kind === 'response') {
    const response = decodeResponse(api, message.version, frame);
    invariant(response.correlationId === correlationId, `the correlation id is ${correlationId}`);
    return response.body;
  }
  const { bodyOffset, ...header } = decodeRequestHeader(frame);
  const wanted = { apiKey: api.key, apiVersion: message.version, correlationId, clientId };
  invariant(isDeepStrictEqual(header, wanted), `the header is ${text(wanted)}`);
  return decodeRequest(api, message.version, frame, bodyOffset);
}

function encode(message: GoldenMessage, body: unknown): string {
  const api = apis[message.api] as unknown as AnyApi;
  const { correlationId, clientId = null } = message.headerFields;
  const input = body as Input<Record<string, unknown>>;
  const frame =
    message.kind === 'response'
      ? encodeResponse(api, message.version, correlationId, input)
      : encodeRequest(api, message.version, { correlationId, clientId }, input);
  invariant(frame.readInt32BE(0) === frame.length - 4, 'the length stands in front of the frame');
  return frame.subarray(4).toString('hex');
}

function text(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? String(item) : item));
}
