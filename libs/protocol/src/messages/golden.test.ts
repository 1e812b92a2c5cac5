/** Every message of kafka-clients 4.3.1 that the golden file holds, decoded and encoded, in each version. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import type { Api, Input } from '../api.ts';
import { decodeRequest, decodeRequestHeader, decodeResponse, encodeRequest, encodeResponse } from '../frame.ts';
import { apis, type ApiName } from './apis.ts';

interface GoldenMessage {
  readonly api: ApiName;
  readonly kind: 'request' | 'response';
  readonly version: number;
  readonly variant: number;
  readonly header: string;
  readonly headerFields: { readonly correlationId: number; readonly clientId?: string | null };
  readonly body: string;
  readonly fields: unknown;
}

const BIG = 'bigint:';
const text = gunzipSync(readFileSync(new URL('../../testdata/wire.json.gz', import.meta.url))).toString();
// JSON.parse would round int64 values: those with 16 digits and more pass as text.
const golden = JSON.parse(
  text.replace(/([:[,]\s*)(-?\d{16,})(?=\s*[,\]}])/g, `$1"${BIG}$2"`),
  (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(BIG) ? exact(value.slice(BIG.length)) : value,
) as {
  readonly apis: readonly {
    readonly api: ApiName;
    readonly key: number;
    readonly lowest: number;
    readonly highest: number;
  }[];
  readonly messages: readonly GoldenMessage[];
};

function exact(digits: string): number | bigint {
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits);
}

/** The decoded message as the golden converter prints it: only the fields of the version, bytes as base64. */
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

function frameOf(message: GoldenMessage): Buffer {
  return Buffer.from(message.header + message.body, 'hex');
}

function decode(message: GoldenMessage): unknown {
  const api = apis[message.api] as unknown as Api<unknown, unknown>;
  const frame = frameOf(message);
  if (message.kind === 'response') {
    const { correlationId, body } = decodeResponse(api, message.version, frame);
    expect(correlationId).toBe(message.headerFields.correlationId);
    return body;
  }
  const { bodyOffset, ...header } = decodeRequestHeader(frame);
  const { correlationId, clientId } = message.headerFields;
  expect(header).toEqual({ apiKey: api.key, apiVersion: message.version, correlationId, clientId });
  return decodeRequest(api, message.version, frame, bodyOffset);
}

function encode(message: GoldenMessage, body: unknown): string {
  const api = apis[message.api] as unknown as Api<Record<string, unknown>, Record<string, unknown>>;
  const { correlationId, clientId = null } = message.headerFields;
  const input = body as Input<Record<string, unknown>>;
  const frame =
    message.kind === 'response'
      ? encodeResponse(api, message.version, correlationId, input)
      : encodeRequest(api, message.version, { correlationId, clientId }, input);
  expect(frame.readInt32BE(0)).toBe(frame.length - 4);
  return frame.subarray(4).toString('hex');
}

/** An API of brokers among themselves: the golden file holds those that clients use. Its bytes are in a test of their own. */
const beyondGolden: ApiName = 'WriteTxnMarkers';

test('the golden file names the APIs and versions that Millrace speaks', () => {
  const named = golden.apis.map(({ api, key, lowest, highest }) => ({ api, key, lowest, highest }));
  const spoken = Object.values(apis).map(({ name, key, versions }) => ({
    api: name,
    key,
    lowest: versions.min,
    highest: versions.max,
  }));
  expect(spoken.filter(({ api }) => api !== beyondGolden)).toEqual(named);
});

describe.each(golden.apis.map(({ api }) => api))('%s', (name) => {
  const messages = golden.messages.filter(({ api }) => api === name);

  test.each(['request', 'response'] as const)('every %s decodes to the fields of the JVM', (kind) => {
    const chosen = messages.filter((message) => message.kind === kind);
    expect(chosen.length).toBeGreaterThan(0);
    for (const message of chosen) {
      const at = `v${message.version} variant ${message.variant}`;
      expect({ at, fields: asPrinted(decode(message), message.fields) }).toEqual({ at, fields: message.fields });
    }
  });

  test.each(['request', 'response'] as const)('every %s encodes to the bytes of the JVM', (kind) => {
    for (const message of messages.filter((each) => each.kind === kind)) {
      const at = `v${message.version} variant ${message.variant}`;
      const bytes = message.header + message.body;
      const decoded = decode(message);
      expect({ at, bytes: encode(message, asInput(message.fields, decoded)) }).toEqual({ at, bytes });
      expect({ at, bytes: encode(message, decoded) }).toEqual({ at, bytes });
    }
  });
});
