/** The embedded registry on a socket, asked by Millrace's client and by the client that Node projects use. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import confluent from '@kafkajs/confluent-schema-registry';
import { seededRandom, systemClock } from '@millrace/base';
import { createServer, type Server } from 'node:http';
import { createServer as createTcp, type AddressInfo } from 'node:net';
import { EmbeddedRegistry } from './embedded-registry.ts';
import { createRegistryClient } from './registry-client.ts';
import { serveRegistry, type RegistryServer } from './registry-server.ts';

const { SchemaRegistry, SchemaType } = confluent;
const fields = [
  { name: 'id', type: 'string' },
  { name: 'mentions', type: 'long' },
];
const evolved = [...fields, { name: 'lang', type: ['null', 'string'], default: null }];
const schemaOf = (some: readonly object[]): string =>
  JSON.stringify({ type: 'record', name: 'Post', namespace: 'millrace.posts', fields: some });

let registry: EmbeddedRegistry;
let server: RegistryServer;
const stubs: Server[] = [];

beforeEach(async () => {
  registry = new EmbeddedRegistry();
  server = await serveRegistry(registry);
});

afterEach(async () => {
  await server.close();
  for (const stub of stubs.splice(0)) {
    stub.closeAllConnections();
    stub.close();
  }
});

function client(urls: string | readonly string[] = server.url, timeoutMs = 2_000) {
  return createRegistryClient({
    urls,
    clock: systemClock,
    random: seededRandom(1),
    timeoutMs,
    attempts: 3,
    backoffMs: 1,
    bodyBytesMax: 10_000,
  });
}

const reference = (name: string, subject: string, version: number): object => ({ name, subject, version });

/** A server that answers every request the same way; tells how often it was asked. */
async function stub(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): Promise<{ url: string; asked(): number }> {
  let asked = 0;
  const stubServer = createServer((_request, response) => {
    asked++;
    response.writeHead(status, headers);
    response.end(body);
  });
  stubs.push(stubServer);
  await new Promise<void>((resolve) => stubServer.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(stubServer.address() as AddressInfo).port}`, asked: () => asked };
}

describe('@kafkajs/confluent-schema-registry', () => {
  const confluentClient = () => new SchemaRegistry({ host: server.url, retry: { retries: 0 } });
  const register = (some: readonly object[]) =>
    confluentClient().register({ type: SchemaType.AVRO, schema: schemaOf(some) }, { subject: 'posts-value' });

  test('registers, encodes and decodes', async () => {
    const { id } = await register(fields);
    const bytes = await confluentClient().encode(id, { id: 'a', mentions: 3 });
    expect(await confluentClient().decode(bytes)).toEqual({ id: 'a', mentions: 3 });
    expect(await confluentClient().getLatestSchemaId('posts-value')).toBe(id);
    expect(await confluentClient().getRegistryId('posts-value', 1)).toBe(id);
    expect(
      await confluentClient().getRegistryIdBySchema('posts-value', { type: SchemaType.AVRO, schema: schemaOf(fields) }),
    ).toBe(id);
  });

  test('evolves: an old record is read with the new schema', async () => {
    const { id } = await register(fields);
    const next = await register(evolved);
    expect(next.id).not.toBe(id);
    const bytes = await confluentClient().encode(id, { id: 'a', mentions: 3 });
    const readerSchema = { type: 'record', name: 'Post', namespace: 'millrace.posts', fields: evolved } as never;
    const decoded = await confluentClient().decode(bytes, { [SchemaType.AVRO]: { readerSchema } });
    expect(decoded).toEqual({ id: 'a', mentions: 3, lang: null });
  });

  test('gets 409 for an incompatible schema and 404 for an unknown id', async () => {
    await register(fields);
    await expect(register([...fields, { name: 'user', type: 'string' }])).rejects.toMatchObject({ status: 409 });
    await expect(confluentClient().getSchema(99)).rejects.toMatchObject({ status: 404 });
  });
});

describe('the registry client', () => {
  test('registers, finds and reads schemas; subjects are encoded', async () => {
    const subject = '../a b/c?-value';
    const id = await client().register(subject, schemaOf(fields));
    expect(registry.subjects()).toEqual([subject]);
    expect(await client().schemaById(id)).toBe(schemaOf(fields));
    expect(await client().latest(subject)).toEqual({ id, version: 1, schema: schemaOf(fields) });
    expect(await client().latest('nobody')).toBeUndefined();
    expect(await client().idOf(subject, schemaOf(fields))).toBe(id);
    expect(await client().idOf(subject, schemaOf(evolved))).toBeUndefined();
    expect(await client().idOf('nobody', schemaOf(fields))).toBeUndefined();
  });

  test('tells unknown ids (record), incompatible and invalid schemas (user) apart', async () => {
    await client().register('s', schemaOf(fields));
    await expect(client().schemaById(99)).rejects.toMatchObject({
      code: 'MR_REGISTRY_SCHEMA_UNKNOWN',
      severity: 'record',
    });
    await expect(client().register('s', schemaOf([...fields, { name: 'user', type: 'string' }]))).rejects.toMatchObject(
      {
        code: 'MR_REGISTRY_INCOMPATIBLE',
        severity: 'user',
        details: { subject: 's' },
      },
    );
    await expect(client().register('s', '{}')).rejects.toMatchObject({ code: 'MR_REGISTRY_REFUSED', severity: 'user' });
  });

  test('a schema with references comes whole, with what they reference themselves', async () => {
    const money = { type: 'record', name: 'shop.Money', fields: [{ name: 'currency', type: 'shop.Currency' }] };
    const currency = { type: 'enum', name: 'Currency', namespace: 'shop', symbols: ['EUR'] };
    const order = { type: 'record', name: 'Order', namespace: 'shop', fields: [{ name: 'price', type: 'Money' }] };
    const answers: Record<string, object> = {
      '/schemas/ids/7': { schema: JSON.stringify(order), references: [reference('shop.Money', 'money', 3)] },
      '/subjects/money/versions/3': {
        schema: JSON.stringify(money),
        references: [reference('shop.Currency', 'currency', 1)],
      },
      '/subjects/currency/versions/1': { schema: JSON.stringify(currency) },
    };
    const serving = createServer((request, response) => response.end(JSON.stringify(answers[request.url ?? ''])));
    stubs.push(serving);
    await new Promise<void>((resolve) => serving.listen(0, '127.0.0.1', resolve));
    const whole = await client(`http://127.0.0.1:${(serving.address() as AddressInfo).port}`).schemaById(7);
    expect(JSON.parse(whole)).toEqual({
      ...order,
      fields: [
        {
          name: 'price',
          type: { ...money, fields: [{ name: 'currency', type: currency }] },
        },
      ],
    });
  });

  test('asks once for an id, however many want it, and never again', async () => {
    const { url, asked } = await stub(200, JSON.stringify({ schema: '"string"' }));
    const asking = client(url);
    expect(await Promise.all([asking.schemaById(1), asking.schemaById(1)])).toEqual(['"string"', '"string"']);
    expect(await asking.schemaById(1)).toBe('"string"');
    expect(asked()).toBe(1);
  });

  test.each([429, 500, 503])(
    'tries %d a bounded number of times, then rejects retriable and asks anew next time',
    async (status) => {
      const { url, asked } = await stub(status, 'busy');
      const asking = client(url);
      await expect(asking.schemaById(1)).rejects.toMatchObject({
        code: 'MR_REGISTRY_UNREACHABLE',
        severity: 'retriable',
      });
      expect(asked()).toBe(3);
      await expect(asking.schemaById(1)).rejects.toMatchObject({ severity: 'retriable' });
      expect(asked()).toBe(6);
    },
  );

  test('goes to the next URL when one does not answer', async () => {
    const id = await client().register('s', schemaOf(fields));
    const { url } = await stub(503, '');
    expect(await client([url, server.url]).schemaById(id)).toBe(schemaOf(fields));
  });

  test('a registry that is away is retriable', async () => {
    await server.close();
    await expect(client().schemaById(1)).rejects.toMatchObject({
      code: 'MR_REGISTRY_UNREACHABLE',
      severity: 'retriable',
    });
    server = await serveRegistry(registry);
  });

  test('a registry that never ends its answer is retriable', async () => {
    const silent = createServer((_request, response) => void response.write('{'));
    stubs.push(silent);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    await expect(client(url, 30).schemaById(1)).rejects.toMatchObject({ code: 'MR_REGISTRY_UNREACHABLE' });
  });

  test('a server that speaks no HTTP, or no TLS where it is asked for, is no registry (user), asked once', async () => {
    let asked = 0;
    const mail = createTcp((socket) => {
      asked++;
      socket.on('error', () => undefined);
      socket.end('220 mail ESMTP\r\n');
    });
    await new Promise<void>((resolve) => mail.listen(0, '127.0.0.1', resolve));
    const { port } = mail.address() as AddressInfo;
    for (const scheme of ['http', 'https']) {
      await expect(client(`${scheme}://127.0.0.1:${port}`).schemaById(1)).rejects.toMatchObject({
        code: 'MR_REGISTRY_NOT_A_REGISTRY',
        severity: 'user',
        message: expect.stringMatching(new RegExp(`${scheme}://127.0.0.1:${port}.*does not answer in`)),
      });
    }
    expect(asked).toBe(2);
    mail.close();
  });

  test.each([
    ['a redirect', 302, '', { location: 'http://169.254.169.254/' }],
    ['a web page', 200, '<html>', {}],
    ['a server without the path', 404, '{"status":404}', {}],
    ['a body beyond the limit', 200, JSON.stringify({ schema: 'x'.repeat(20_000) }), {}],
    ['JSON of another shape', 200, '[1]', {}],
  ])('%s is no registry (user), asked once', async (_name, status, body, headers) => {
    const { url, asked } = await stub(status, body, headers as Record<string, string>);
    await expect(client(url).schemaById(1)).rejects.toMatchObject({
      code: 'MR_REGISTRY_NOT_A_REGISTRY',
      severity: 'user',
    });
    expect(asked()).toBe(1);
  });

  test.each([401, 403])('%d says that the credentials are wrong', async (status) => {
    const { url } = await stub(status, '{}');
    await expect(client(url).latest('s')).rejects.toMatchObject({ code: 'MR_REGISTRY_UNAUTHORIZED', severity: 'user' });
  });

  test('sends credentials as asked and refuses them inside the URL without printing them', async () => {
    const seen: (string | undefined)[] = [];
    const echo = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{"schema":"\\"string\\""}');
    });
    stubs.push(echo);
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
    const ports = { urls: url, clock: systemClock, random: seededRandom(1) };
    await createRegistryClient({ ...ports, auth: { username: 'u', password: 'p' } }).schemaById(1);
    await createRegistryClient({ ...ports, auth: { token: 't' } }).schemaById(1);
    expect(seen).toEqual([`Basic ${Buffer.from('u:p').toString('base64')}`, 'Bearer t']);
    expect(() => createRegistryClient({ ...ports, urls: 'http://u:secret@host' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') as unknown }),
    );
  });
});

describe('the contract over HTTP', () => {
  const ask = async (method: string, path: string, body?: object | string): Promise<[number, unknown]> => {
    const answer = await fetch(server.url + path, {
      method,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return [answer.status, await answer.json()];
  };

  test('answers with the codes of Confluent', async () => {
    const code = (errorCode: number) => expect.objectContaining({ error_code: errorCode }) as unknown;
    expect(await ask('GET', '/subjects/none/versions')).toEqual([404, code(40_401)]);
    expect(await ask('GET', '/schemas/ids/9')).toEqual([404, code(40_403)]);
    expect(await ask('GET', '/config/none')).toEqual([404, code(40_408)]);
    expect(await ask('PUT', '/config', { compatibility: 'SIDEWARD' })).toEqual([422, code(42_203)]);
    expect(await ask('POST', '/subjects/s/versions', { schema: '{' })).toEqual([422, code(42_201)]);
    expect(await ask('POST', '/subjects/s/versions', 'no json')).toEqual([400, code(400)]);
    expect(await ask('GET', '/subjects/%zz/versions')).toEqual([400, code(400)]);
    expect(await ask('GET', '/nothing/here')).toEqual([404, code(404)]);
    expect(await ask('PUT', '/subjects')).toEqual([405, code(405)]);
    registry.add('s', schemaOf(fields));
    expect(await ask('GET', '/subjects/s/versions/7')).toEqual([404, code(40_402)]);
    expect(await ask('GET', '/subjects/s/versions/x')).toEqual([422, code(42_202)]);
    expect(await ask('POST', '/subjects/s', { schema: schemaOf(evolved) })).toEqual([404, code(40_403)]);
  });

  test('levels, checks and deletes', async () => {
    registry.add('s', schemaOf(fields));
    expect(await ask('GET', '/config')).toEqual([200, { compatibilityLevel: 'BACKWARD' }]);
    expect(await ask('GET', '/config/s?defaultToGlobal=true')).toEqual([200, { compatibilityLevel: 'BACKWARD' }]);
    expect(await ask('PUT', '/config/s', { compatibility: 'full' })).toEqual([200, { compatibility: 'FULL' }]);
    expect(await ask('GET', '/config/s')).toEqual([200, { compatibilityLevel: 'FULL' }]);
    const removed = { schema: schemaOf(fields.slice(0, 1)) };
    expect(await ask('POST', '/compatibility/subjects/s/versions/latest', removed)).toEqual([
      200,
      { is_compatible: false, messages: [expect.stringMatching(/an old schema cannot read/)] },
    ]);
    expect(await ask('DELETE', '/config/s')).toEqual([200, { compatibilityLevel: 'FULL' }]);
    expect(await ask('POST', '/compatibility/subjects/s/versions', removed)).toEqual([200, { is_compatible: true }]);
    expect(await ask('GET', '/schemas/ids/1/versions')).toEqual([200, [{ subject: 's', version: 1 }]]);
    expect(await ask('GET', '/subjects/s/versions/1/schema')).toEqual([200, JSON.parse(schemaOf(fields))]);
    expect(await ask('DELETE', '/subjects/s/versions/latest')).toEqual([200, 1]);
    expect(await ask('GET', '/subjects')).toEqual([200, []]);
  });

  test('a body beyond the limit is refused', async () => {
    const [status] = await ask('POST', '/subjects/s/versions', 'x'.repeat((1 << 20) + 1));
    expect(status).toBe(413);
  });
});
