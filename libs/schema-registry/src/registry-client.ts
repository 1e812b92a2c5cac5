/**
 * The schema registry over HTTP: the Confluent contract, as far as serdes need it. Schemas never change under their id, so each is fetched
 * once, however many ask at the same time. What may pass (no connection, time-outs, 429, 5xx) is tried a few times on every URL in turn and
 * then rejects `retriable`: a registry that is away must never make a good record look bad.
 */
import { millraceError, type Clock, type MillraceError, type Random } from '@millrace/base';
import type { SchemaRegistry } from '@millrace/ports';
import { ExchangeFault, exchange, type HttpAnswer } from './http-exchange.ts';
import { inlined, referencesOf, type SchemaReference } from './schema-references.ts';

/** Settings of a registry client. Times in ms. */
export interface RegistryClientOptions {
  /** Base URLs of one registry, path included; the next one is asked when one does not answer. */
  readonly urls: string | readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly auth?: { readonly username: string; readonly password: string } | { readonly token: string };
  /** For one request. @default 10000 */
  readonly timeoutMs?: number;
  /** Requests for one call before it rejects. @default 4 */
  readonly attempts?: number;
  /** Before the second attempt, doubled each time. @default 100 */
  readonly backoffMs?: number;
  /** An answer may not be larger. @default 1 MiB */
  readonly bodyBytesMax?: number;
}

type Latest = Awaited<ReturnType<SchemaRegistry['latest']>>;

/** Makes a registry client. Nothing is asked before the first call. */
export function createRegistryClient(options: RegistryClientOptions): SchemaRegistry {
  return new RegistryClient(options);
}

class RegistryClient implements SchemaRegistry {
  readonly #options: RegistryClientOptions;
  readonly #urls: readonly string[];
  readonly #schemas = new Map<number, Promise<string>>();
  readonly #ids = new Map<string, Promise<number>>();
  #preferred = 0;

  constructor(options: RegistryClientOptions) {
    this.#options = options;
    this.#urls = (typeof options.urls === 'string' ? options.urls.split(',') : options.urls).map((text) =>
      baseUrl(text),
    );
  }

  schemaById(id: number): Promise<string> {
    return once(this.#schemas, id, async () => {
      const answer = await this.#ask({
        method: 'GET',
        path: `/schemas/ids/${id}`,
        doing: `a question for schema ${id}`,
      });
      if (answer.status === 404) throw millraceError('MR_REGISTRY_SCHEMA_UNKNOWN', { id });
      const { schemaType, schema } = answer.json;
      if (typeof schema === 'string' && (schemaType === undefined || schemaType === 'AVRO'))
        return this.#selfContained(schema, answer.json);
      throw millraceError('MR_REGISTRY_REFUSED', {
        doing: `schema ${id}`,
        status: answer.status,
        errorCode: 0,
        why: `it is of type ${String(schemaType)}, and only AVRO is read`,
      });
    });
  }

  register(subject: string, schema: string): Promise<number> {
    return once(this.#ids, `${subject}\n${schema}`, async () => {
      const path = `/subjects/${encodeURIComponent(subject)}/versions`;
      const answer = await this.#ask({
        method: 'POST',
        path,
        doing: `a schema for '${subject}'`,
        subject,
        body: { schema },
      });
      const { id } = answer.json;
      if (answer.status !== 404 && typeof id === 'number') return id;
      throw this.#notARegistry(answer.url, `it answered the registration with ${answer.status}`);
    });
  }

  async idOf(subject: string, schema: string): Promise<number | undefined> {
    const path = `/subjects/${encodeURIComponent(subject)}`;
    const answer = await this.#ask({
      method: 'POST',
      path,
      doing: `a question for a schema of '${subject}'`,
      body: { schema },
    });
    if (answer.status === 404) return undefined;
    const { id } = answer.json;
    if (typeof id === 'number') return id;
    throw this.#notARegistry(answer.url, 'its answer has no id');
  }

  async latest(subject: string): Promise<Latest> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/latest`;
    const answer = await this.#ask({ method: 'GET', path, doing: `a question for the latest schema of '${subject}'` });
    if (answer.status === 404) return undefined;
    const { id, version, schema } = answer.json;
    if (typeof id === 'number' && typeof version === 'number' && typeof schema === 'string')
      return { id, version, schema: await this.#selfContained(schema, answer.json) };
    throw this.#notARegistry(answer.url, 'its answer has no id, version and schema');
  }

  /** The schema with what it references, and what that references. */
  async #selfContained(schema: string, answer: Answer['json']): Promise<string> {
    const definitions = new Map<string, string>();
    const open = [...referencesOf(answer)];
    for (let reference = open.shift(); reference !== undefined; reference = open.shift()) {
      if (definitions.has(reference.name)) continue;
      const version = await this.#version(reference);
      definitions.set(reference.name, version['schema'] as string);
      open.push(...referencesOf(version));
    }
    return definitions.size === 0 ? schema : inlined(schema, definitions);
  }

  async #version({ subject, version }: SchemaReference): Promise<Answer['json']> {
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
    const doing = `a question for version ${version} of '${subject}'`;
    const { url, status, json } = await this.#ask({ method: 'GET', path, doing });
    if (status === 404 || typeof json['schema'] !== 'string')
      throw this.#notARegistry(url, `it references version ${version} of '${subject}', which it does not have`);
    return json;
  }

  /** An answer of the registry itself: 2xx, or 404 with a code of the contract. Everything else rejects. */
  async #ask(call: Call): Promise<Answer> {
    const { attempts = 4, backoffMs = 100, clock, random } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const url = this.#urls[this.#preferred % this.#urls.length] ?? '';
      try {
        return this.#judge(call, url, await this.#send(call, url));
      } catch (fault) {
        if (!(fault instanceof ExchangeFault)) throw fault;
        if (fault.isWrongServer) throw this.#notARegistry(url, fault.problem);
        this.#preferred++;
        if (attempt >= attempts)
          throw millraceError('MR_REGISTRY_UNREACHABLE', { url, doing: call.doing, problem: fault.problem });
        await clock.sleep(backoffMs * 2 ** (attempt - 1) * (0.8 + 0.4 * random.next()));
      }
    }
  }

  #send({ method, path, body }: Call, url: string): Promise<HttpAnswer> {
    const { clock, auth, timeoutMs = 10_000, bodyBytesMax = 1 << 20 } = this.#options;
    const headers: Record<string, string> = { accept: `${mediaType}, application/json` };
    if (auth !== undefined) headers['authorization'] = authorization(auth);
    if (body !== undefined) headers['content-type'] = mediaType;
    const request = {
      method,
      url: new URL(url + path),
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    return exchange(request, { clock, timeoutMs, bodyBytesMax });
  }

  #judge(call: Call, url: string, { status, body }: HttpAnswer): Answer {
    if (status === 429 || status >= 500) throw new ExchangeFault(`status ${status}`);
    if (status === 401 || status === 403) throw millraceError('MR_REGISTRY_UNAUTHORIZED', { url, status });
    const json = objectOf(body);
    if (json === undefined)
      throw this.#notARegistry(url, `it answered ${call.doing} with ${status} and no JSON object`);
    if (status >= 200 && status < 300) return { url, status, json };
    const errorCode = typeof json['error_code'] === 'number' ? json['error_code'] : 0;
    const why = typeof json['message'] === 'string' ? json['message'].slice(0, 500) : 'it gave no reason';
    // A 404 without a code of the contract comes from a server that does not know the path.
    if (status === 404 && errorCode >= 40_400) return { url, status, json };
    if (status === 409)
      throw millraceError('MR_REGISTRY_INCOMPATIBLE', {
        subject: call.subject ?? '',
        level: 'as the registry has it',
        why,
      });
    if (errorCode === 0 || errorCode === 404) throw this.#notARegistry(url, `it answered ${call.doing} with ${status}`);
    throw millraceError('MR_REGISTRY_REFUSED', { doing: call.doing, status, errorCode, why });
  }

  #notARegistry(url: string, problem: string): MillraceError {
    return millraceError('MR_REGISTRY_NOT_A_REGISTRY', { url, problem });
  }
}

interface Call {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Completes 'did not answer …' and 'refused …'. */
  readonly doing: string;
  readonly subject?: string;
  readonly body?: object;
}

interface Answer {
  readonly url: string;
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

/** What registries speak; plain JSON is understood by all of them too. */
export const mediaType = 'application/vnd.schemaregistry.v1+json';

/** One call a key, shared by all who ask; a call that failed is made again by the next one. */
function once<K, V>(calls: Map<K, Promise<V>>, key: K, call: () => Promise<V>): Promise<V> {
  let made = calls.get(key);
  if (made === undefined) {
    made = call();
    calls.set(key, made);
    made.catch(() => calls.delete(key));
  }
  return made;
}

function baseUrl(text: string): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw millraceError('MR_REGISTRY_NOT_A_REGISTRY', { url: text, problem: 'this is no http or https URL' });
  }
  if (url.username !== '' || url.password !== '') {
    throw millraceError('MR_REGISTRY_NOT_A_REGISTRY', {
      url: url.host,
      problem: 'user and password are given apart from the URL',
    });
  }
  return url.href.replace(/\/+$/, '');
}

function authorization(auth: NonNullable<RegistryClientOptions['auth']>): string {
  if ('token' in auth) return `Bearer ${auth.token}`;
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
}

function objectOf(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
