/** The Transport port over TCP and TLS. The only file of the client that opens sockets. */
import { Buffer } from 'node:buffer';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { Address, Connection, ConnectionHandlers, Transport } from '@millrace/ports';

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

/** Plain TCP, or TLS when asked for. */
export function tcpTransport({ tls }: TcpTransportOptions = {}): Transport {
  return {
    connect: (address, handlers) =>
      new Promise((resolve, reject) => {
        const socket = tls === undefined ? plain(address, handlers) : secure(address, tls, handlers);
        const refuse = (error: Error): void => reject(error);
        socket.once('error', refuse);
        socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
          socket.off('error', refuse);
          resolve(connectionOf(socket, handlers));
        });
      }),
  };
}

/** One buffer for all that is read: without it every chunk would be memory of its own. */
function plain(address: Address, handlers: ConnectionHandlers): Socket {
  const callback = (size: number, buffer: Uint8Array): boolean => {
    handlers.onData((buffer as Buffer).subarray(0, size));
    return true;
  };
  return connectTcp({ ...address, noDelay: true, onread: { buffer: Buffer.allocUnsafeSlow(readBytes), callback } });
}

function secure({ host, port }: Address, tls: TlsOptions | true, handlers: ConnectionHandlers): Socket {
  const options: ConnectionOptions = { servername: host, ...(tls === true ? {} : tls), host, port };
  const socket = connectTls(options);
  socket.setNoDelay(true);
  socket.on('data', (chunk: Buffer) => handlers.onData(chunk));
  return socket;
}

function connectionOf(socket: Socket, handlers: ConnectionHandlers): Connection {
  let failure: Error | undefined;
  socket.on('error', (error) => (failure = error));
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
