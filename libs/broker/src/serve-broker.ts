/** A broker on a TCP port. The only file of the broker that opens sockets. */
import type { Buffer } from 'node:buffer';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Address } from '@millrace/ports';
import type { Broker } from './broker.ts';

/** Where to listen. */
export interface ServeOptions {
  /** @default '127.0.0.1' */
  readonly host?: string;
  /** 0 for any that is free. @default 0 */
  readonly port?: number;
}

/** A broker that listens. */
export interface ServedBroker {
  readonly address: Address;
  /** Stops listening and ends the connections; the broker itself goes on. */
  close(): Promise<void>;
}

/** Listens; rejects when the port cannot be had. Clients are told the address that is listened on. */
export async function serveBroker(broker: Broker, options: ServeOptions = {}): Promise<ServedBroker> {
  const { host = '127.0.0.1', port = 0 } = options;
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true });
  await listen(server, host, port);
  const address = { host, port: (server.address() as AddressInfo).port };
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(broker, socket, address);
  });
  return {
    address,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function serve(broker: Broker, socket: Socket, advertised: Address): void {
  const clientHost = `/${socket.remoteAddress ?? ''}`;
  const connection = broker.accept(
    (bytes: Buffer) => void socket.write(bytes),
    () => void socket.destroy(),
    { advertised, clientHost },
  );
  socket.on('data', (chunk) => connection.receive(chunk as Buffer));
  // What broke it is of no use here: 'close' follows.
  socket.on('error', () => undefined);
  socket.on('close', () => connection.closed());
}
