/** One HTTP request and its whole answer, bounded in time and size. Redirects are answers like any other: nobody follows them. */
import type { Clock } from '@millrace/base';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
}

export interface HttpLimits {
  readonly clock: Clock;
  /** For the whole exchange, the answer's last byte included. */
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
}

/** Why an exchange gave no answer. A wrong server stays one; everything else may pass. */
export class ExchangeFault {
  readonly problem: string;
  readonly isWrongServer: boolean;

  constructor(problem: string, isWrongServer = false) {
    this.problem = problem;
    this.isWrongServer = isWrongServer;
  }
}

/** What OpenSSL says when the other side speaks no TLS. */
const notTls = /wrong version number|packet length too long|http request|unknown protocol/i;

function faultOf({ code = 'broken', message }: NodeJS.ErrnoException): ExchangeFault {
  if (code.startsWith('HPE_')) return new ExchangeFault(`it does not answer in HTTP (${message})`, true);
  if (notTls.test(message)) return new ExchangeFault('it does not answer in TLS', true);
  return new ExchangeFault(message || code);
}

/** Sends a request and collects the answer. Rejects with an ExchangeFault. */
export function exchange({ method, url, headers, body }: HttpRequest, limits: HttpLimits): Promise<HttpAnswer> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const outgoing = request(url, { method, headers, agent: false }, (incoming) => {
      incoming.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > limits.bodyBytesMax) end(new ExchangeFault(`it sent more than ${limits.bodyBytesMax} bytes`, true));
      });
      incoming.on('end', () =>
        end(undefined, { status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
      incoming.on('error', (error) => end(faultOf(error)));
    });
    const timer = limits.clock.setTimer(limits.timeoutMs, () =>
      end(new ExchangeFault(`no complete answer within ${limits.timeoutMs} ms`)),
    );
    const end = (fault: ExchangeFault | undefined, answer?: HttpAnswer): void => {
      timer.cancel();
      if (fault !== undefined) outgoing.destroy();
      if (answer !== undefined) resolve(answer);
      else reject(fault);
    };
    outgoing.on('error', (error) => end(faultOf(error)));
    outgoing.end(body);
  });
}
