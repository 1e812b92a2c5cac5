/**
 * Queries between instances over HTTP: `POST /millrace/query` with the token as bearer. Nothing is served without the right token where there is one;
 * tokens are compared in constant time. Requests, answers, waits and the number of requests at a time are bounded.
 */
import { millraceError, type Logger, type MillraceError } from '@millrace/base';
import type { QueryNetwork, QueryServer } from '@millrace/ports';
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request as requestOf, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface HttpQueryOptions {
  /** Null: nobody needs one. */
  readonly token: string | null;
  /** How long the other side may be silent. */
  readonly timeoutMs: number;
  readonly logger: Logger;
  /** Requests that are answered at a time; more are turned away with 503. @default 256 */
  readonly concurrentMax?: number;
}

const path = '/millrace/query';
const requestBytesMax = 2 * 1024 * 1024;
const answerBytesMax = 1024 * 1024 * 1024;

export function httpQueryNetwork(options: HttpQueryOptions): QueryNetwork {
  return {
    serve: (address, answer) => serve(address, answer, options),
    ask: (address, body) => ask(address, body, options),
  };
}

type Answer = Parameters<QueryNetwork['serve']>[1];

async function serve(address: string, answer: Answer, options: HttpQueryOptions): Promise<QueryServer> {
  const { timeoutMs, logger, concurrentMax = 256 } = options;
  let open = 0;
  const server = createServer({ requestTimeout: timeoutMs, headersTimeout: timeoutMs }, (incoming, outgoing) => {
    const refusal = refusalOf(incoming, options.token) ?? (open >= concurrentMax ? 503 : undefined);
    if (refusal !== undefined) return refuse(incoming, outgoing, refusal);
    open++;
    void respond(incoming, outgoing, answer)
      .catch((thrown: unknown) => {
        logger.log('debug', 'A query was not answered.', {
          why: thrown instanceof Error ? thrown.message : String(thrown),
        });
        outgoing.destroy();
      })
      .finally(() => open--);
  });
  const { host, port } = parts(address);
  server.listen(port, host);
  await once(server, 'listening').catch((cause: unknown) => {
    throw millraceError('MR_QUERY_ADDRESS', { address, problem: (cause as Error).message }, cause);
  });
  logger.log('info', 'Queries of other instances are answered.', { address });
  return { close: () => closed(server) };
}

function refusalOf({ method, url, headers }: IncomingMessage, token: string | null): number | undefined {
  if (token !== null && !isEqual(headers.authorization ?? '', `Bearer ${token}`)) return 401;
  if (url !== path) return 404;
  return method === 'POST' ? undefined : 405;
}

/** In constant time, whatever the lengths are. */
function isEqual(given: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, status: number): void {
  incoming.resume();
  outgoing.writeHead(status, { connection: 'close' }).end();
}

async function respond(incoming: IncomingMessage, outgoing: ServerResponse, answer: Answer): Promise<void> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > requestBytesMax) return refuse(incoming, outgoing, 413);
    pieces.push(piece);
  }
  outgoing.writeHead(200, { 'content-type': 'application/x-ndjson' });
  for await (const line of answer(Buffer.concat(pieces))) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(line)) await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
  }
  outgoing.end();
}

async function closed(server: Server): Promise<void> {
  const end = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await end;
}

async function* ask(host: string, body: Buffer, { token, timeoutMs }: HttpQueryOptions): AsyncGenerator<Buffer> {
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` };
  const outgoing = requestOf({
    ...parts(host),
    path,
    method: 'POST',
    agent: false,
    timeout: timeoutMs,
    headers: { 'content-type': 'application/json', 'content-length': body.length, ...authorization },
  });
  outgoing.on('timeout', () => outgoing.destroy(millraceError('MR_QUERY_TIMED_OUT', { host, timeoutMs })));
  try {
    const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.on('response', resolve).on('error', reject).end(body);
    });
    requireAnswer(incoming.statusCode ?? 0, host);
    let bytes = 0;
    for await (const piece of incoming as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > answerBytesMax) throw unreachable(host, `it sent more than ${answerBytesMax} bytes`);
      yield piece;
    }
  } catch (thrown) {
    throw translated(thrown, host);
  } finally {
    outgoing.destroy();
  }
}

function requireAnswer(status: number, host: string): void {
  if (status === 200) return;
  if (status === 401) throw millraceError('MR_QUERY_UNAUTHORIZED', { host });
  if (status === 413) throw millraceError('MR_QUERY_REQUEST', { problem: `it has more than ${requestBytesMax} bytes` });
  throw unreachable(host, `it answered with status ${status}`);
}

function translated(thrown: unknown, host: string): unknown {
  const { code, message } = thrown as NodeJS.ErrnoException;
  return code?.startsWith('MR_') === true ? thrown : unreachable(host, code ?? message, thrown);
}

function unreachable(host: string, problem: string, cause?: unknown): MillraceError {
  return millraceError('MR_QUERY_UNREACHABLE', { host, problem }, cause);
}

function parts(address: string): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(address.slice(at + 1)) };
}
