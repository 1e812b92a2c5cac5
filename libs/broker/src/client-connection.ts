/**
 * A connection of a client: frames in, responses out. As in Kafka, one request of a connection is worked on at a time, so that
 * responses leave in the order of the requests and what a client sends in a row happens in a row.
 */
import type { Buffer } from 'node:buffer';
import type { Logger } from '@millrace/base';
import type { Address } from '@millrace/ports';
import {
  apiByKey,
  apis,
  decodeRequest,
  decodeRequestHeader,
  encodeResponse,
  type Api,
  type ApiName,
  type Input,
  type RequestHeader,
} from '@millrace/protocol';
import { FrameReader } from './frame-reader.ts';
import { takesVersion, unknownApiVersions } from './handlers/api-versions.ts';
import type { Handlers, RequestContext } from './handlers/handler.ts';

/** What a connection is made with. */
export interface ConnectionPorts {
  readonly handlers: Handlers;
  readonly logger: Logger;
  readonly maxRequestBytes: number;
  readonly advertised: Address;
  readonly clientHost: string;
  send(bytes: Buffer): void;
  close(): void;
}

type AnyApi = Api<unknown, unknown>;
type AnyHandler = (request: unknown, context: RequestContext, reply: (response?: Input<unknown>) => void) => void;

/** One connection. */
export class ClientConnection {
  readonly #ports: ConnectionPorts;
  readonly #frames: FrameReader;
  #isOpen = true;
  #isBusy = false;
  #stopWaiting: (() => void) | undefined;

  constructor(ports: ConnectionPorts) {
    this.#ports = ports;
    this.#frames = new FrameReader(ports.maxRequestBytes);
  }

  /** Bytes of the client; they must not change afterwards. */
  receive(bytes: Buffer): void {
    if (!this.#isOpen) return;
    this.#frames.add(bytes);
    this.#work();
  }

  /** The client is gone, or cut off. What was asked before may still be carried out; nothing is answered. */
  closed(): void {
    this.#isOpen = false;
    const stop = this.#stopWaiting;
    this.#stopWaiting = undefined;
    stop?.();
  }

  /** Cuts the client off. */
  cutOff(): void {
    if (!this.#isOpen) return;
    this.closed();
    this.#ports.close();
  }

  #work(): void {
    while (this.#isOpen && !this.#isBusy) {
      const frame = this.#frames.next();
      if (frame === undefined) return;
      if (frame === 'tooLarge') return this.#refuse('A client sent a request that is too large.');
      this.#handle(frame);
    }
  }

  #handle(frame: Buffer): void {
    try {
      const header = decodeRequestHeader(frame);
      const api = apiByKey(header.apiKey);
      const handler = api && (this.#ports.handlers[api.name as ApiName] as AnyHandler | undefined);
      if (api === undefined || handler === undefined) return this.#refuse('A client asked for an unknown API.', header);
      if (!takesVersion(api.name as ApiName, header.apiVersion)) return this.#refuseVersion(api, header);
      const request = decodeRequest(api, header.apiVersion, frame, header.bodyOffset);
      this.#answer(api, header, (context, reply) => handler(request, context, reply));
    } catch (error) {
      this.#refuse('A request could not be handled.', { error });
    }
  }

  #answer(
    api: AnyApi,
    { apiVersion, correlationId, clientId }: RequestHeader,
    handle: (context: RequestContext, reply: (response?: Input<unknown>) => void) => void,
  ): void {
    const { advertised, clientHost } = this.#ports;
    this.#isBusy = true;
    let isCalled = false;
    const reply = (response?: Input<unknown>): void => {
      if (isCalled || !this.#isOpen) return;
      isCalled = true;
      this.#stopWaiting = undefined;
      if (response !== undefined) this.#ports.send(encodeResponse(api, apiVersion, correlationId, response));
      this.#isBusy = false;
      if (!isHandling) this.#work();
    };
    let isHandling = true;
    const context: RequestContext = {
      version: apiVersion,
      clientId: clientId ?? '',
      clientHost,
      advertised,
      cutOff: (why) => this.#refuse(why, { api: api.name }),
      whenClosed: (run) => (this.#stopWaiting = run),
    };
    handle(context, reply);
    isHandling = false;
  }

  /** Only ApiVersions is answered in a version that is not known (KIP-511). */
  #refuseVersion(api: AnyApi, header: RequestHeader): void {
    if (api.key !== apis.ApiVersions.key)
      return this.#refuse('A client asked in a version that is not offered.', { api: api.name, ...header });
    this.#ports.send(encodeResponse(apis.ApiVersions, 0, header.correlationId, unknownApiVersions()));
  }

  #refuse(text: string, fields: object = {}): void {
    this.#ports.logger.log('warn', text, { clientHost: this.#ports.clientHost, ...fields });
    this.cutOff();
  }
}
