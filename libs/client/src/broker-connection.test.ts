import { describe, expect, test } from '@jest/globals';
import { millraceError, type Logger } from '@millrace/base';
import type { Transport } from '@millrace/ports';
import { apis, encodeResponse } from '@millrace/protocol';
import { ScramConversation } from './scram.ts';
import { ScriptedCluster } from './testdata/scripted-broker.ts';

/** A server that says the same bytes to everybody, or closes. */
function saying(bytes: Buffer | 'close'): Transport {
  return {
    connect: async (_address, handlers) => ({
      write: () => (bytes === 'close' ? handlers.onClose() : handlers.onData(bytes)),
      close: () => undefined,
    }),
  };
}

const none = { topics: [], finalizedFeatures: [] };

async function failureOf(transport: Transport, bootstrapServers = 'broker-0:9092'): Promise<unknown> {
  const cluster = new ScriptedCluster();
  const client = cluster.client({ transport, bootstrapServers, reachTimeoutMs: 2_000 });
  return cluster.clock.until(
    client.connect().then(
      () => 'connected',
      (error: unknown) => error,
    ),
  );
}

describe('a server that is not what was expected is told apart', () => {
  test.each([
    ['closes at once', 'close' as const, 'MR_CLIENT_EOF_BEFORE_HELLO', 'TLS'],
    ['answers with a TLS alert', Buffer.from('15030300020246', 'hex'), 'MR_CLIENT_TLS_EXPECTED', 'security.protocol'],
    ['speaks HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'MR_CLIENT_NOT_KAFKA', 'port'],
    ['answers with noise', Buffer.from('9f3c11aa0102030405060708', 'hex'), 'MR_CLIENT_NOT_KAFKA', 'port'],
    ['answers with zeros', Buffer.alloc(64), 'MR_CLIENT_NOT_KAFKA', 'port'],
    [
      'answers with a frame that is none',
      Buffer.from('000000089f3c11aa01020304', 'hex'),
      'MR_CLIENT_NOT_KAFKA',
      'port',
    ],
    ['answers with half of a frame', Buffer.from('000000080000000000230000', 'hex'), 'MR_CLIENT_NOT_KAFKA', 'port'],
  ])('%s', async (_what, bytes, code, remedy) => {
    const error = await failureOf(saying(bytes));
    expect(error).toMatchObject({ code, severity: 'user', remedy: expect.stringContaining(remedy) });
    expect(String(error)).toContain('broker-0:9092');
  });

  test('nobody listens: every address that was tried is named with its reason', async () => {
    const refused: Transport = {
      connect: ({ host }) =>
        Promise.reject(
          Object.assign(millraceError('MR_INVARIANT', { why: `${host} is down` }), { code: 'ECONNREFUSED' }),
        ),
    };
    const transport: Transport = {
      connect: (address, handlers) =>
        refused.connect(address, handlers).catch((error: { code: string }) => Promise.reject({ code: error.code })),
    };
    const error = await failureOf(transport, 'one:1, two:2');
    expect(error).toMatchObject({ code: 'MR_CLIENT_UNREACHABLE', severity: 'retriable' });
    expect(String(error)).toContain('one:1 (ECONNREFUSED), two:2 (ECONNREFUSED)');
  });

  test('what is waited for is said while it is waited for, with the address and why', async () => {
    const cluster = new ScriptedCluster();
    const lines: unknown[] = [];
    const logger: Logger = {
      log: (level, text, fields) => void lines.push([cluster.clock.monotonic(), level, text, fields]),
    };
    const refused = Object.assign(new TypeError('nobody listens'), { code: 'ECONNREFUSED' });
    const refusing: Transport = { connect: () => Promise.reject(refused) };
    const silent: Transport = { connect: async () => ({ write: () => undefined, close: () => undefined }) };
    for (const transport of [refusing, silent, cluster])
      await cluster.clock.until(
        cluster
          .client({ logger, transport })
          .connect()
          .catch(() => undefined),
      );
    await cluster.clock.pass(10_000);
    const line = (atMs: number, why: unknown): unknown => [
      ...[atMs, 'warn', 'No Kafka broker has answered yet; trying on.'],
      { bootstrapServers: ['broker-0:9092'], why },
    ];
    const [, secondMs] = lines.map((one) => (one as [number])[0]);
    expect(lines).toEqual([
      line(2_000, expect.stringContaining('broker-0:9092 (ECONNREFUSED: nobody listens)')),
      line(secondMs as number, 'no answer'),
    ]);
  });

  test('a listener that asks for a login tells its versions and then hangs up', async () => {
    const cluster = new ScriptedCluster();
    cluster.answers('Metadata', 'close');
    const connecting = cluster.client({ reachTimeoutMs: 2_000 }).connect();
    await expect(cluster.clock.until(connecting)).rejects.toMatchObject({
      code: 'MR_CLIENT_UNREACHABLE',
      message: expect.stringContaining('security.protocol=SASL_SSL'),
    });
  });

  test('noise is shown as bytes, text as text', async () => {
    expect(String(await failureOf(saying(Buffer.from('9f3c11aa01', 'hex'))))).toContain("'9f 3c 11 aa 01'");
    expect(String(await failureOf(saying(Buffer.from('220 mail ESMTP\r\n'))))).toContain("'220 mail ESMTP'");
  });

  test.each([
    ['nothing', undefined],
    ['less than a length', Buffer.from('OK\n')],
    ['the start of a frame that never ends', Buffer.from('0100000c9f3c', 'hex')],
  ])(
    'it accepts and says %s: it ends with the time-out of a connection and says what that means',
    async (_what, said) => {
      const transport: Transport = {
        connect: async (_address, { onData }) => ({
          write: () => (said === undefined ? undefined : onData(said)),
          close: () => undefined,
        }),
      };
      expect(await failureOf(transport)).toMatchObject({
        code: 'MR_CLIENT_SILENT',
        severity: 'retriable',
        message: expect.stringMatching(/broker-0:9092.* 10000 ms/),
        remedy: expect.stringContaining('TLS'),
      });
    },
  );

  test('a cluster that has spoken Kafka is not given up for what a new connection answers', async () => {
    const cluster = new ScriptedCluster();
    let connections = 0;
    const transport: Transport = {
      connect: (address, handlers) =>
        connections++ === 1
          ? saying(Buffer.from('HTTP/1.1 503 Service Unavailable')).connect(address, handlers)
          : cluster.connect(address, handlers),
    };
    const client = cluster.client({ transport });
    await cluster.clock.until(client.connect());
    const producer = client.transactionalProducer({ transactionalId: 't' });
    await expect(cluster.clock.until(producer.init())).resolves.toBeUndefined();
    expect(connections).toBeGreaterThan(2);
  });

  test('what is no address is refused at once', () => {
    for (const bootstrapServers of ['', 'kafka', 'http://kafka:9092', 'kafka:0', 'kafka:70000']) {
      expect(() => new ScriptedCluster().client({ bootstrapServers })).toThrow(
        expect.objectContaining({ code: 'MR_CLIENT_ADDRESS_INVALID' }),
      );
    }
    expect(() => new ScriptedCluster().client({ bootstrapServers: '[::1]:9092,b:1' })).not.toThrow();
  });
});

describe('versions', () => {
  test.each([3, 2, 0])('a broker whose newest ApiVersions is %d is understood', async (newest) => {
    const cluster = new ScriptedCluster();
    cluster.newest.set('ApiVersions', newest);
    const transport: Transport = {
      connect: (address, handlers) =>
        cluster.connect(address, handlers).then((connection) => ({
          ...connection,
          write: (chunks) => {
            const frame = Buffer.from(chunks[0] as Uint8Array);
            const isTooNew = frame.readInt16BE(4) === apis.ApiVersions.key && frame.readInt16BE(6) > newest;
            if (!isTooNew) return connection.write(chunks);
            const apiKeys = [{ apiKey: apis.ApiVersions.key, minVersion: 0, maxVersion: newest }];
            handlers.onData(encodeResponse(apis.ApiVersions, 0, frame.readInt32BE(8), { errorCode: 35, apiKeys }));
          },
        })),
    };
    const client = cluster.client({ transport });
    await cluster.clock.until(client.connect());
    expect(cluster.requests('ApiVersions').map(({ version }) => version)).toEqual([newest]);
  });

  test('a broker that is too old for what is asked is named, with what it offers', async () => {
    const cluster = new ScriptedCluster();
    cluster.newest.set('InitProducerId', 1);
    const client = cluster.client();
    await cluster.clock.until(client.connect());
    const producer = client.transactionalProducer({ transactionalId: 't' });
    await expect(cluster.clock.until(producer.init())).rejects.toMatchObject({
      code: 'MR_CLIENT_BROKER_TOO_OLD',
      severity: 'user',
      details: { api: 'InitProducerId', needed: 3, offered: 'up to version 1' },
    });
  });
});

describe('a stream', () => {
  test('answers cut at every byte are put together', async () => {
    const cluster = new ScriptedCluster();
    const transport: Transport = {
      connect: (address, { onData, onClose }) =>
        cluster.connect(address, {
          onClose,
          onData: (chunk) => {
            for (let i = 0; i < chunk.length; i++) onData(chunk.subarray(i, i + 1));
          },
        }),
    };
    cluster.topics.set('t', { leaders: [0] });
    const client = cluster.client({ transport });
    expect((await cluster.clock.until(client.topics(['t']))).get('t')?.partitions).toHaveLength(1);
  });

  test('an answer under a wrong correlation id or with garbage breaks the connection, not the process', async () => {
    for (const damage of [(frame: Buffer) => frame.writeInt32BE(99, 4), (frame: Buffer) => frame.fill(0xff, 8)]) {
      const cluster = new ScriptedCluster();
      let left = 1;
      const transport: Transport = {
        connect: (address, handlers) =>
          cluster.connect(address, {
            ...handlers,
            onData: (chunk) => {
              if (cluster.requests('Metadata').length > 0 && left-- > 0) damage(chunk);
              handlers.onData(chunk);
            },
          }),
      };
      const client = cluster.client({ transport });
      await cluster.clock.until(client.connect());
      expect(cluster.requests('Metadata')).toHaveLength(2);
    }
  });

  test('throttling holds requests back for as long as the broker says', async () => {
    const cluster = new ScriptedCluster().on('Metadata', (_request, { nth }) => ({
      ...none,
      throttleTimeMs: nth === 0 ? 700 : 0,
      brokers: [{ nodeId: 0, host: 'broker-0', port: 9092 }],
    }));
    const client = cluster.client();
    await cluster.clock.until(client.connect());
    const before = cluster.clock.monotonic();
    await cluster.clock.until(client.topics(['t']));
    expect(cluster.clock.monotonic() - before).toBeGreaterThanOrEqual(700);
  });
});

describe('SASL', () => {
  test('SCRAM proves the password with the values of RFC 7677', () => {
    const scram = new ScramConversation('SCRAM-SHA-256', 'user', 'pencil', 'rOprNGfwEbeRWgbNEkqO');
    expect(scram.first().toString()).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    const serverFirst = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
    expect(String(scram.final(Buffer.from(serverFirst)))).toBe(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    expect(scram.verify(Buffer.from('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='))).toBeUndefined();
    expect(scram.verify(Buffer.from('v=AAAA'))).toMatchObject({ fault: expect.stringContaining('password') });
  });

  test('a server that does not extend the nonce or asks for few iterations is not trusted', () => {
    const scram = new ScramConversation('SCRAM-SHA-512', 'u', 'p', 'abc');
    expect(scram.final(Buffer.from('r=abc,s=AAAA,i=4096'))).toHaveProperty('fault');
    expect(scram.final(Buffer.from('r=xyz1,s=AAAA,i=4096'))).toHaveProperty('fault');
    expect(scram.final(Buffer.from('r=abcd,s=AAAA,i=1'))).toHaveProperty('fault');
  });

  test('PLAIN is sent as the RFC has it; a refused login ends at once and tells why', async () => {
    const cluster = new ScriptedCluster()
      .answers('SaslHandshake', { mechanisms: ['PLAIN'] })
      .answers('SaslAuthenticate', { errorCode: 58, errorMessage: 'Authentication failed' });
    const client = cluster.client({ sasl: { mechanism: 'PLAIN', username: 'u', password: 'secret' } });
    const refused = cluster.clock.until(client.connect());
    await expect(refused).rejects.toMatchObject({ code: 'MR_CLIENT_AUTHENTICATION_FAILED', severity: 'user' });
    await expect(refused).rejects.not.toThrow('secret');
    expect(cluster.requests('SaslAuthenticate')[0]?.body.authBytes.toString()).toBe('\0u\0secret');
  });
});
