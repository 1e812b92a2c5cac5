/**
 * One connection to one broker: requests go out in order and are answered in order (Kafka's pipelining), each with a time-out.
 * Order of calls: open, request any number of times, close. When anything is wrong with the stream the connection closes and every
 * request that waits rejects with a retriable error: whether the broker carried it out is then unknown.
 */
import type { Buffer } from 'node:buffer';
import { MillraceError, millraceError, type Clock, type Random, type Timer } from '@millrace/base';
import type { Address, Connection, Transport } from '@millrace/ports';
import { decodeResponse, encodeRequest, type Api, type Input } from '@millrace/protocol';
import { FrameSplitter, maxFrameBytes } from './frame-splitter.ts';
import { authenticate, negotiate, type BrokerVersions, type Exchange, type SaslOptions } from './handshake.ts';

export interface ConnectionPorts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  /** Told of each established connection that ended without being closed here. */
  readonly onLoss?: () => void;
}

export interface ConnectionSettings {
  readonly clientId: string;
  readonly requestTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly sasl?: SaslOptions;
}

/** What a request says; a function where the fields depend on the version that both sides speak. */
export type Body<Req> = Input<Req> | ((version: number) => Input<Req>);

/** Limits of one request. */
export interface RequestOptions {
  readonly minVersion?: number;
  readonly maxVersion?: number;
  readonly timeoutMs?: number;
}

interface Pending {
  readonly correlationId: number;
  readonly timer: Timer;
  receive(frame: Buffer): void;
  reject(error: MillraceError): void;
}

const plainOptions: RequestOptions = {};
/** A listener with SASL tells its versions to everybody and hangs up on whatever comes before the login. */
const maybeSasl =
  'the broker closed it after telling its versions; if the listener asks for a login, set security.protocol=SASL_SSL or SASL_PLAINTEXT';

export class BrokerConnection {
  readonly address: string;
  readonly node: number;
  readonly #settings: ConnectionSettings;
  readonly #clock: Clock;
  readonly #onLoss: (() => void) | undefined;
  readonly #splitter: FrameSplitter;
  readonly #pending: Pending[] = [];
  readonly #held: Buffer[] = [];
  #stream: Connection | undefined;
  #versions: BrokerVersions = { apis: new Map(), features: new Map(), featuresEpoch: -1 };
  #closedBy: MillraceError | undefined;
  #answers = 0;
  #correlationId = 0;
  #releaseTimer: Timer | undefined;
  #expiresAtMs = Infinity;
  #retiring = false;
  #closing = false;

  private constructor(address: string, node: number, settings: ConnectionSettings, { clock, onLoss }: ConnectionPorts) {
    this.address = address;
    this.node = node;
    this.#settings = settings;
    this.#clock = clock;
    this.#onLoss = onLoss;
    this.#splitter = new FrameSplitter(
      (frame) => this.#receive(frame),
      (length, start) => this.#fail(this.#diagnose(length, start)),
    );
  }

  /** Connects, negotiates versions, logs in. */
  static async open(
    to: Address,
    node: number,
    settings: ConnectionSettings,
    ports: ConnectionPorts,
  ): Promise<BrokerConnection> {
    const connection = new BrokerConnection(`${to.host}:${to.port}`, node, settings, ports);
    try {
      await connection.#connect(to, ports.transport);
      const { requestTimeoutMs, connectTimeoutMs } = settings;
      const within =
        (timeoutMs: number): Exchange =>
        (api, version, body, decode) =>
          connection.#exchange(api, version, body, timeoutMs, decode);
      // Until the first answer nobody knows that this is a broker at all.
      connection.#versions = await negotiate(within(Math.min(connectTimeoutMs, requestTimeoutMs)));
      if (settings.sasl !== undefined) {
        const { sasl } = settings;
        const exchange = within(requestTimeoutMs);
        const lifetimeMs = await authenticate(exchange, connection.#versions, sasl, connection.address, ports.random);
        if (lifetimeMs > 0) connection.#expiresAtMs = ports.clock.monotonic() + 0.85 * lifetimeMs;
      }
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** What the broker said about itself. */
  get versions(): BrokerVersions {
    return this.#versions;
  }

  get closed(): boolean {
    return this.#closedBy !== undefined;
  }

  /** The login ends soon (KIP-368): open another connection and retire this one. */
  get expired(): boolean {
    return this.#clock.monotonic() >= this.#expiresAtMs;
  }

  /** The version both sides speak; throws MR_CLIENT_BROKER_TOO_OLD when it would be below the one needed. */
  versionOf(
    api: Pick<Api<never, unknown>, 'key' | 'name' | 'versions'>,
    options: RequestOptions = plainOptions,
  ): number {
    const offered = this.#versions.apis.get(api.key);
    const needed = Math.max(api.versions.min, options.minVersion ?? 0, offered?.min ?? 0);
    const version = Math.min(offered?.max ?? -1, api.versions.max, options.maxVersion ?? Infinity);
    if (version >= needed) return version;
    throw millraceError('MR_CLIENT_BROKER_TOO_OLD', {
      node: this.node,
      api: api.name,
      needed,
      offered: offered === undefined ? 'in no version' : `up to version ${offered.max}`,
    });
  }

  /** Sends a request in the newest version both speak. */
  async request<Req, Res>(api: Api<Req, Res>, body: Body<Req>, options: RequestOptions = plainOptions): Promise<Res> {
    const version = this.versionOf(api, options);
    const fields = typeof body === 'function' ? (body as (version: number) => Input<Req>)(version) : body;
    return this.#exchange(api, version, fields, options.timeoutMs ?? this.#settings.requestTimeoutMs);
  }

  /** Closes at once; what waits rejects. */
  close(): void {
    this.#closing = true;
    this.#fail(this.#disconnected('it was closed'));
  }

  /** Closes when nothing waits any more. */
  retire(): void {
    this.#retiring = true;
    if (this.#pending.length === 0) this.close();
  }

  async #connect(to: Address, transport: Transport): Promise<void> {
    const handlers = {
      onData: (chunk: Buffer): void => this.#splitter.push(chunk),
      room: (): Uint8Array | undefined => this.#splitter.room(),
      onClose: (error?: Error): void => this.#fail(this.#lost(error)),
    };
    const { connectTimeoutMs } = this.#settings;
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      const why = `no connection within ${connectTimeoutMs} ms`;
      timer = this.#clock.setTimer(connectTimeoutMs, () => reject(this.#disconnected(why)));
    });
    const connecting = transport.connect(to, handlers).then((stream) => {
      if (this.closed) stream.close();
      else this.#stream = stream;
    });
    try {
      await Promise.race([connecting, late]);
    } catch (error) {
      connecting.catch(() => undefined);
      throw MillraceError.is(error) ? error : this.#disconnected(reasonOf(error), error);
    } finally {
      timer?.cancel();
    }
  }

  #exchange<Req, Res>(
    api: Api<Req, Res>,
    version: number,
    body: Input<Req>,
    timeoutMs: number,
    decode: (frame: Buffer) => Res = (frame) => decodeResponse(api, version, frame).body,
  ): Promise<Res> {
    if (this.#closedBy !== undefined) return Promise.reject(this.#closedBy);
    const correlationId = this.#correlationId;
    this.#correlationId = (correlationId + 1) & 0x7fff_ffff;
    const frame = encodeRequest(api, version, { correlationId, clientId: this.#settings.clientId }, body);
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(timeoutMs, () => this.#fail(this.#timedOut(api.name, timeoutMs)));
      const receive = (answer: Buffer): void => {
        const response = decode(answer);
        this.#throttle(response);
        resolve(response);
      };
      this.#pending.push({ correlationId, timer, receive, reject });
      this.#send(frame);
    });
  }

  #send(frame: Buffer): void {
    if (this.#releaseTimer === undefined) this.#stream?.write([frame]);
    else this.#held.push(frame);
  }

  /** A broker that throttles a client does not read from it meanwhile (KIP-219): hold back what would only wait there. */
  #throttle(response: unknown): void {
    const { throttleTimeMs = 0 } = response as { readonly throttleTimeMs?: number };
    if (throttleTimeMs <= 0) return;
    this.#releaseTimer?.cancel();
    this.#releaseTimer = this.#clock.setTimer(throttleTimeMs, () => {
      this.#releaseTimer = undefined;
      const held = this.#held.splice(0);
      if (held.length > 0) this.#stream?.write(held);
    });
  }

  #receive(frame: Buffer): void {
    const pending = this.#pending[0];
    const correlationId = frame.readInt32BE(0);
    if (pending === undefined || pending.correlationId !== correlationId) {
      return this.#garbled(frame, `an answer with the unexpected correlation id ${correlationId} came`);
    }
    try {
      pending.receive(frame);
    } catch (error) {
      return this.#garbled(frame, `an answer is malformed: ${reasonOf(error)}`, error);
    }
    this.#answers++;
    pending.timer.cancel();
    this.#pending.shift();
    if (this.#retiring && this.#pending.length === 0) this.close();
  }

  /** A first answer that cannot be read comes from something that is no broker; a later one is damaged. */
  #garbled(frame: Buffer, reason: string, cause?: unknown): void {
    this.#fail(this.#answers === 0 ? this.#notKafka(frame) : this.#disconnected(reason, cause));
  }

  #fail(error: MillraceError): void {
    if (this.#closedBy !== undefined) return;
    this.#closedBy = error;
    this.#splitter.stop();
    this.#releaseTimer?.cancel();
    this.#held.length = 0;
    for (const { timer, reject } of this.#pending.splice(0)) {
      timer.cancel();
      reject(error);
    }
    this.#stream?.close();
    if (!this.#closing && this.#answers > 0) this.#onLoss?.();
  }

  #lost(error: Error | undefined): MillraceError {
    const isHangUp = error === undefined || (error as NodeJS.ErrnoException).code === 'ECONNRESET';
    if (this.#answers === 0 && MillraceError.is(error)) return error;
    if (this.#answers === 0 && isHangUp) return millraceError('MR_CLIENT_EOF_BEFORE_HELLO', { address: this.address });
    if (this.#answers === 1 && isHangUp && this.#settings.sasl === undefined)
      return this.#disconnected(maybeSasl, error);
    return this.#disconnected(error === undefined ? 'the broker closed it' : reasonOf(error), error);
  }

  #diagnose(length: number, start: Buffer): MillraceError {
    const { address } = this;
    if (this.#answers > 0)
      return millraceError('MR_CLIENT_FRAME_TOO_LARGE', { address, sizeBytes: length, limitBytes: maxFrameBytes });
    const isTlsAlert = start[0] === 0x15 && start[1] === 0x03;
    return isTlsAlert ? millraceError('MR_CLIENT_TLS_EXPECTED', { address }) : this.#notKafka(start);
  }

  #notKafka(start: Buffer): MillraceError {
    return millraceError('MR_CLIENT_NOT_KAFKA', { address: this.address, firstBytes: legible(start) });
  }

  #timedOut(api: string, timeoutMs: number): MillraceError {
    const { address, node } = this;
    if (this.#answers === 0) return millraceError('MR_CLIENT_SILENT', { address, timeoutMs });
    return millraceError('MR_CLIENT_REQUEST_TIMED_OUT', { api, node, timeoutMs });
  }

  #disconnected(reason: string, cause?: unknown): MillraceError {
    return millraceError('MR_CLIENT_DISCONNECTED', { address: this.address, node: this.node, reason }, cause);
  }
}

/** The first line of a text; anything else as bytes. */
function legible(bytes: Buffer): string {
  const [line] = /^[\x20-\x7e]{4,}/.exec(bytes.toString('latin1', 0, 64)) ?? [];
  return line ?? bytes.toString('hex', 0, 16).replace(/..(?!$)/g, '$& ');
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return [code, message].filter((part) => typeof part === 'string' && part !== '').join(': ') || String(error);
}
