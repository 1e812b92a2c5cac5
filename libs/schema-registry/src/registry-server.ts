/** The embedded registry on HTTP: the routes of the Confluent contract that clients and serializers use, with its error codes. */
import { MillraceError } from '@millrace/base';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { EmbeddedRegistry, SubjectVersion } from './embedded-registry.ts';
import { mediaType } from './registry-client.ts';

export interface RegistryServerOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 takes any free port. @default 0 */
  readonly port?: number;
}

export interface RegistryServer {
  readonly url: string;
  close(): Promise<void>;
}

const bodyBytesMax = 1 << 20;

/** Listens; resolves when requests are answered. */
export async function serveRegistry(
  registry: EmbeddedRegistry,
  options: RegistryServerOptions = {},
): Promise<RegistryServer> {
  const { host = '127.0.0.1', port = 0 } = options;
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 }, (request, response) => {
    void respond(registry, request, response);
  });
  await listening(server, host, port);
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

class HttpFault {
  readonly status: number;
  readonly errorCode: number;
  readonly message: string;

  constructor(status: number, errorCode: number, message: string) {
    this.status = status;
    this.errorCode = errorCode;
    this.message = message;
  }
}

async function respond(registry: EmbeddedRegistry, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let status = 200;
  let answer: unknown;
  try {
    answer = dispatch(registry, request, await jsonBody(request));
  } catch (error) {
    const fault = faultOf(error);
    status = fault.status;
    answer = { error_code: fault.errorCode, message: fault.message };
  }
  response.writeHead(status, { 'content-type': mediaType });
  response.end(JSON.stringify(answer));
}

function faultOf(error: unknown): HttpFault {
  if (error instanceof HttpFault) return error;
  if (!MillraceError.is(error)) return new HttpFault(500, 50_001, 'Error in the registry');
  const { code, details } = error;
  if (code === 'MR_REGISTRY_SCHEMA_UNKNOWN') return new HttpFault(404, 40_403, 'Schema not found');
  if (code === 'MR_REGISTRY_INCOMPATIBLE') {
    return new HttpFault(
      409,
      409,
      `Schema being registered is incompatible with an earlier schema for subject "${String(details['subject'])}": ${String(details['why'])}`,
    );
  }
  return new HttpFault(
    Number(details['status'] ?? 500),
    Number(details['errorCode'] ?? 50_001),
    String(details['why'] ?? error.message),
  );
}

/** A request, taken apart. `path` holds what the stars of the route matched, decoded. */
interface Asked {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

type Route = readonly [method: string, pattern: string, answer: (registry: EmbeddedRegistry, asked: Asked) => unknown];

const routes: readonly Route[] = [
  ['GET', '', () => ({})],
  ['GET', 'subjects', (registry) => registry.subjects()],
  [
    'POST',
    'subjects/*',
    (registry, { path: [subject = ''], body }) => versionAnswer(registry.find(subject, schemaOf(body))),
  ],
  [
    'DELETE',
    'subjects/*',
    (registry, { path: [subject = ''], query }) => registry.deleteSubject(subject, query.get('permanent') === 'true'),
  ],
  [
    'GET',
    'subjects/*/versions',
    (registry, { path: [subject = ''] }) => registry.versions(subject).map(({ version }) => version),
  ],
  [
    'POST',
    'subjects/*/versions',
    (registry, { path: [subject = ''], body }) => ({ id: registry.add(subject, schemaOf(body)).id }),
  ],
  [
    'GET',
    'subjects/*/versions/*',
    (registry, { path: [subject = '', version = ''] }) => versionAnswer(registry.version(subject, version)),
  ],
  [
    'GET',
    'subjects/*/versions/*/schema',
    (registry, { path: [subject = '', version = ''] }) => parsed(registry.version(subject, version).schema),
  ],
  [
    'DELETE',
    'subjects/*/versions/*',
    (registry, { path: [subject = '', version = ''] }) => registry.deleteVersion(subject, version),
  ],
  ['GET', 'schemas/types', () => ['AVRO']],
  ['GET', 'schemas/ids/*', (registry, { path: [id = ''] }) => ({ schema: registry.schema(Number(id)) })],
  ['GET', 'schemas/ids/*/schema', (registry, { path: [id = ''] }) => parsed(registry.schema(Number(id)))],
  [
    'GET',
    'schemas/ids/*/subjects',
    (registry, { path: [id = ''] }) => [...new Set(registry.uses(Number(id)).map(({ subject }) => subject))],
  ],
  [
    'GET',
    'schemas/ids/*/versions',
    (registry, { path: [id = ''] }) => registry.uses(Number(id)).map(({ subject, version }) => ({ subject, version })),
  ],
  ['GET', 'config', (registry) => ({ compatibilityLevel: registry.level() })],
  ['PUT', 'config', (registry, { body }) => putLevel(registry, body)],
  ['GET', 'config/*', (registry, asked) => subjectLevel(registry, asked)],
  ['PUT', 'config/*', (registry, { path: [subject = ''], body }) => putLevel(registry, body, subject)],
  ['DELETE', 'config/*', (registry, { path: [subject = ''] }) => dropLevel(registry, subject)],
  ['GET', 'mode', () => ({ mode: 'READWRITE' })],
  [
    'POST',
    'compatibility/subjects/*/versions',
    (registry, { path: [subject = ''], body }) => verdict(registry.check(subject, schemaOf(body))),
  ],
  [
    'POST',
    'compatibility/subjects/*/versions/*',
    (registry, { path: [subject = '', version = ''], body }) =>
      verdict(registry.check(subject, schemaOf(body), version)),
  ],
];

function dispatch(registry: EmbeddedRegistry, request: IncomingMessage, body: Asked['body']): unknown {
  const url = new URL(request.url ?? '/', 'http://registry');
  const segments = url.pathname.split('/').filter((segment) => segment !== '');
  let knowsPath = false;
  for (const [method, pattern, answer] of routes) {
    const path = match(pattern, segments);
    if (path === undefined) continue;
    knowsPath = true;
    if (method === request.method) return answer(registry, { path, query: url.searchParams, body });
  }
  throw knowsPath
    ? new HttpFault(405, 405, 'HTTP 405 Method Not Allowed')
    : new HttpFault(404, 404, 'HTTP 404 Not Found');
}

/** What the stars stand for, or undefined. */
function match(pattern: string, segments: readonly string[]): readonly string[] | undefined {
  const parts = pattern === '' ? [] : pattern.split('/');
  if (parts.length !== segments.length) return undefined;
  if (!parts.every((part, i) => part === '*' || part === segments[i])) return undefined;
  try {
    return segments.filter((_, i) => parts[i] === '*').map(decodeURIComponent);
  } catch {
    throw new HttpFault(400, 400, 'The path is not URL-encoded text');
  }
}

async function jsonBody(request: IncomingMessage): Promise<Asked['body']> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new HttpFault(413, 42_209, `The body is larger than ${bodyBytesMax} bytes`);
    chunks.push(chunk);
  }
  if (bytes === 0) return {};
  try {
    const json: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Asked['body'];
  } catch {
    // Answered below, as for JSON that is no object.
  }
  throw new HttpFault(400, 400, 'The body is not a JSON object');
}

function schemaOf({ schema, schemaType, references }: Asked['body']): string {
  if (schemaType !== undefined && schemaType !== null && schemaType !== 'AVRO') {
    throw new HttpFault(422, 42_201, `Schema type ${String(schemaType)} is not supported; AVRO is`);
  }
  if (Array.isArray(references) && references.length > 0)
    throw new HttpFault(422, 42_201, 'Schema references are not supported');
  if (typeof schema !== 'string') throw new HttpFault(422, 42_201, 'Empty schema');
  return schema;
}

function versionAnswer({ subject, version, id, schema }: SubjectVersion): object {
  return { subject, version, id, schema };
}

function parsed(schema: string): unknown {
  return JSON.parse(schema);
}

function verdict(why: string | undefined): object {
  return { is_compatible: why === undefined, ...(why === undefined ? {} : { messages: [why] }) };
}

function subjectLevel(registry: EmbeddedRegistry, { path: [subject = ''], query }: Asked): object {
  const own = registry.level(subject);
  const level = own ?? (query.get('defaultToGlobal') === 'true' ? registry.level() : undefined);
  if (level !== undefined) return { compatibilityLevel: level };
  throw new HttpFault(404, 40_408, `Subject '${subject}' does not have subject-level compatibility configured`);
}

function putLevel(registry: EmbeddedRegistry, { compatibility }: Asked['body'], subject?: string): object {
  registry.setLevel(typeof compatibility === 'string' ? compatibility : '', subject);
  return { compatibility: subject === undefined ? registry.level() : registry.level(subject) };
}

function dropLevel(registry: EmbeddedRegistry, subject: string): object {
  const { compatibilityLevel } = subjectLevel(registry, {
    path: [subject],
    query: new URLSearchParams(),
    body: {},
  }) as {
    compatibilityLevel: string;
  };
  registry.setLevel(undefined, subject);
  return { compatibilityLevel };
}
