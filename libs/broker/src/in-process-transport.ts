/** The Transport port straight into a broker of the same process. Bytes arrive in order, in a turn of their own. */
import { Buffer } from 'node:buffer';
import type { Connection, ConnectionHandlers, Transport } from '@millrace/ports';
import type { Broker } from './broker.ts';

/** Every address leads to the broker. */
export function inProcessTransport(broker: Broker): Transport {
  return { connect: (advertised, handlers) => Promise.resolve(connect(broker, handlers, advertised)) };
}

function connect(broker: Broker, handlers: ConnectionHandlers, advertised: { host: string; port: number }): Connection {
  let isOpen = true;
  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    queueMicrotask(() => handlers.onClose());
  };
  const server = broker.accept(
    (bytes) =>
      queueMicrotask(() => {
        if (isOpen) handlers.onData(bytes);
      }),
    end,
    { advertised },
  );
  return {
    write(chunks) {
      if (!isOpen) return;
      queueMicrotask(() => {
        if (isOpen) for (const chunk of chunks) server.receive(asBuffer(chunk));
      });
    },
    close() {
      if (!isOpen) return;
      end();
      queueMicrotask(() => server.closed());
    },
  };
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
