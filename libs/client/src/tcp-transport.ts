/** The Transport port over TCP and TLS. The only file of the client that opens sockets. */
import { Buffer } from 'node:buffer';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { millraceError } from '@millrace/base';
import type { Address, Connection, ConnectionHandlers, Transport } from '@millrace/ports';
import { tlsFailure } from './tls-failure.ts';

/** What a TLS connection needs beside the address; certificates as PEM text. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** Name to verify the certificate against; the host of the address by default. */
  readonly servername?: string;
  /** @default true */
  readonly rejectUnauthorized?: boolean;
}

export interface TcpTransportOptions {
  /** TLS where given, `true` for the certificate authorities of the system. */
  readonly tls?: TlsOptions | true;
}

const readBytes = 256 * 1024;

/** What of the options is the same for every connection. */
interface TlsSide {
  readonly context: SecureContext;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

/** Plain TCP, or TLS when asked for. Throws MR_CLIENT_TLS_FILES for certificates that cannot be read. */
export function tcpTransport({ tls }: TcpTransportOptions = {}): Transport {
  const side = tls === undefined ? undefined : tlsSide(tls === true ? {} : tls);
  return {
    connect: (address, handlers) =>
      new Promise((resolve, reject) => {
        const socket = side === undefined ? plain(address, handlers) : secure(address, side, handlers);
        const told = (error: Error): Error => (side === undefined ? error : tlsFailure(error, address));
        const refuse = (error: Error): void => reject(told(error));
        socket.once('error', refuse);
        socket.once(side === undefined ? 'connect' : 'secureConnect', () => {
          socket.off('error', refuse);
          resolve(connectionOf(socket, handlers, told));
        });
      }),
  };
}

function tlsSide({ servername, rejectUnauthorized, ...material }: TlsOptions): TlsSide {
  try {
    return {
      context: createSecureContext(material),
      ...(servername === undefined ? {} : { servername }),
      ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    };
  } catch (cause) {
    throw millraceError('MR_CLIENT_TLS_FILES', { reason: (cause as Error).message }, cause);
  }
}

/** One buffer for what is read, unless its reader has room for it: without either every chunk would be memory of its own. */
function plain(address: Address, handlers: ConnectionHandlers): Socket {
  const shared = Buffer.allocUnsafeSlow(readBytes);
  const buffer = (): Uint8Array => handlers.room?.() ?? shared;
  const callback = (size: number, read: Uint8Array): boolean => {
    handlers.onData(read.subarray(0, size) as Buffer);
    return true;
  };
  return connectTcp({ ...address, noDelay: true, onread: { buffer, callback } });
}

function secure({ host, port }: Address, { context, ...side }: TlsSide, handlers: ConnectionHandlers): Socket {
  // An address is no server name (RFC 6066); the certificate is checked against `host` all the same.
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectTls({ ...servername, ...side, secureContext: context, host, port });
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => handlers.onData(chunk));
  return socket;
}

function connectionOf(socket: Socket, handlers: ConnectionHandlers, told: (error: Error) => Error): Connection {
  let failure: Error | undefined;
  socket.on('error', (error) => (failure = told(error)));
  socket.on('close', () => handlers.onClose(failure));
  return {
    write(chunks) {
      if (socket.destroyed) return;
      if (chunks.length === 1) {
        socket.write(chunks[0] as Uint8Array);
        return;
      }
      socket.cork();
      for (const chunk of chunks) socket.write(chunk);
      socket.uncork();
    },
    close: () => void socket.destroy(),
  };
}
