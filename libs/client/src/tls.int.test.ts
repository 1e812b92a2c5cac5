import { afterEach, describe, expect, test } from '@jest/globals';
import { seededRandom, silentLogger, systemClock, type MillraceError } from '@millrace/base';
import type { KafkaClient } from '@millrace/ports';
import { once } from 'node:events';
import { createServer as createTcp, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTls, type TlsOptions as ServerOptions } from 'node:tls';
import { createKafkaClient } from './kafka-client.ts';
import { tcpTransport, type TcpTransportOptions } from './tcp-transport.ts';
import { authority, brokerCertificate, brokerKey, clientCertificate, clientKey } from './testdata/certificates.ts';
import { ScriptedCluster } from './testdata/scripted-broker.ts';

const servers: Server[] = [];
const clients: KafkaClient[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** A broker of its own behind a socket. */
function speakKafka(socket: Socket): void {
  sockets.add(socket);
  const handlers = { onData: (chunk: Buffer) => void socket.write(chunk), onClose: () => socket.destroy() };
  const connected = new ScriptedCluster().connect({ host: 'broker-0' }, handlers);
  socket.on('error', () => undefined);
  socket.on('data', (chunk: Buffer) => void connected.then((connection) => connection.write([chunk])));
}

function tlsBroker(options: ServerOptions = {}): Promise<number> {
  return listening(createTls({ cert: brokerCertificate, key: brokerKey, ca: authority, ...options }, speakKafka));
}

/** A plaintext listener does this with a TLS hello: the first bytes are a length that is too large. */
function plainBroker(): Promise<number> {
  return listening(createTcp((socket) => socket.once('data', () => socket.destroy())));
}

function client(port: number, tls: TcpTransportOptions['tls'], host = 'localhost'): KafkaClient {
  const made = createKafkaClient({
    bootstrapServers: `${host}:${port}`,
    clientId: 'test',
    transport: tcpTransport(tls === undefined ? {} : { tls }),
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
    reachTimeoutMs: 300,
  });
  clients.push(made);
  return made;
}

const failure = async (connecting: Promise<void>): Promise<MillraceError> =>
  connecting.then(
    () => Promise.reject(new Error('it connected')),
    (error: unknown) => error as MillraceError,
  );

test.each(['localhost', '127.0.0.1'])('a broker with TLS is spoken to under %s', async (host) => {
  await expect(client(await tlsBroker(), { ca: authority }, host).connect()).resolves.toBeUndefined();
});

test('a client certificate is shown where it is asked for', async () => {
  const port = await tlsBroker({ requestCert: true });
  const tls = { ca: authority, cert: clientCertificate, key: clientKey };
  await expect(client(port, tls).connect()).resolves.toBeUndefined();
});

describe('what does not fit is told with a remedy', () => {
  test('a plain client on a TLS port', async () => {
    const error = await failure(client(await tlsBroker(), undefined).connect());
    expect(error.code).toMatch(/^MR_CLIENT_(EOF_BEFORE_HELLO|TLS_EXPECTED)$/);
    expect(error).toMatchObject({ severity: 'user', remedy: expect.stringContaining('security.protocol=SSL') });
  });

  test('a TLS client on a plain port', async () => {
    const error = await failure(client(await plainBroker(), { ca: authority }).connect());
    expect(error).toMatchObject({
      code: 'MR_CLIENT_TLS_NOT_OFFERED',
      severity: 'user',
      remedy: expect.stringContaining('security.protocol=PLAINTEXT'),
    });
  });

  test('a TLS client on a port that speaks HTTP', async () => {
    const http = createTcp((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    const error = await failure(client(await listening(http), { ca: authority }).connect());
    expect(error.code).toBe('MR_CLIENT_TLS_NOT_OFFERED');
  });

  test('an authority that is not known, and a name that the certificate does not have', async () => {
    const port = await tlsBroker();
    const unknown = await failure(client(port, true).connect());
    expect(unknown).toMatchObject({
      code: 'MR_CLIENT_TLS_CERTIFICATE',
      severity: 'user',
      remedy: expect.stringContaining('ssl.ca.location'),
    });
    const named = await failure(client(port, { ca: authority, servername: 'kafka.example' }).connect());
    expect(named).toMatchObject({
      code: 'MR_CLIENT_TLS_CERTIFICATE',
      message: expect.stringContaining('kafka.example'),
    });
  });

  test('a listener that asks for a client certificate', async () => {
    const error = await failure(client(await tlsBroker({ requestCert: true }), { ca: authority }).connect());
    expect(error).toMatchObject({
      code: 'MR_CLIENT_TLS_REFUSED',
      severity: 'user',
      remedy: expect.stringContaining('ssl.certificate.location'),
    });
  });

  test('files that are no certificates', () => {
    expect(() => tcpTransport({ tls: { ca: authority, cert: clientCertificate, key: 'no key' } })).toThrow(
      expect.objectContaining({ code: 'MR_CLIENT_TLS_FILES', severity: 'user' }),
    );
    expect(() => tcpTransport({ tls: { cert: clientCertificate, key: brokerKey } })).toThrow(
      expect.objectContaining({ code: 'MR_CLIENT_TLS_FILES' }),
    );
  });
});
