/**
 * A connection between a client's host and the server: two lanes, and the ends of both sides. Either side may close, the network may
 * reset it: then replies on their way are lost, while requests on their way may still arrive.
 */
import type { Random } from '@millrace/base';
import type { Connection, ConnectionHandlers } from '@millrace/ports';
import type { Host } from './host.ts';
import { Lane, type LaneConditions } from './lane.ts';
import type { Scheduler } from './scheduler.ts';

/** A server's end of a connection, as the embedded broker has it. */
export interface ServerConnection {
  receive(bytes: Buffer): void;
  closed(): void;
}

/** Takes a connection; `send` and `close` are the server's way back. */
export type Accept = (send: (bytes: Buffer) => void, close: () => void) => ServerConnection;

export interface ConnectionOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly client: Host;
  readonly server: Host;
  readonly toServer: LaneConditions;
  readonly fromServer: LaneConditions;
  readonly handlers: ConnectionHandlers;
  readonly accept: Accept;
  /** Whether the network loses the reply that the server is sending now, and the connection with it. */
  losesReply(): boolean;
  /** The same of the request that the client is sending now. */
  losesRequest(): boolean;
  /** Bytes have reached a host. */
  arrived(receiver: Host, sender: Host, bytes: Buffer): void;
  /** The client's end is closed. */
  gone(connection: SimulatedConnection): void;
}

export class SimulatedConnection implements Connection {
  readonly #options: ConnectionOptions;
  readonly #toServer: Lane;
  readonly #fromServer: Lane;
  readonly #serverEnd: ServerConnection;
  #clientOpen = true;
  #serverOpen = true;

  constructor(options: ConnectionOptions) {
    const { scheduler, random, client, server, handlers } = options;
    this.#options = options;
    this.#toServer = new Lane({
      scheduler,
      random,
      receiver: server,
      conditions: options.toServer,
      deliver: (bytes) => this.#reachServer(bytes),
      ended: () => this.#endServer(),
    });
    this.#fromServer = new Lane({
      scheduler,
      random,
      receiver: client,
      conditions: options.fromServer,
      deliver: (bytes) => {
        options.arrived(client, server, bytes);
        handlers.onData(bytes);
      },
      ended: () => this.#endClient(),
    });
    this.#serverEnd = options.accept(
      (bytes) => this.#reply(bytes),
      () => this.#closeFromServer(),
    );
  }

  get client(): Host {
    return this.#options.client;
  }

  write(chunks: readonly Uint8Array[]): void {
    if (!this.#clientOpen) return;
    if (this.#options.losesRequest()) this.reset(false);
    // A copy: what the sender does with its buffers, and the receiver with what it got, are two things.
    else this.#toServer.send(Buffer.concat(chunks));
  }

  close(): void {
    if (!this.#clientOpen) return;
    this.#toServer.end();
    this.#endClient();
  }

  /** The network breaks the connection. */
  reset(requestsArrive: boolean): void {
    const { scheduler, random, server, toServer } = this.#options;
    if (requestsArrive) {
      this.#toServer.end();
    } else {
      this.#toServer.cutOff();
      scheduler.after(toServer.latencyMs(random), server, () => this.#endServer());
    }
    this.#endClient(systemError('ECONNRESET'));
  }

  #reachServer(bytes: Buffer): void {
    if (!this.#serverOpen) return;
    this.#options.arrived(this.#options.server, this.#options.client, bytes);
    this.#serverEnd.receive(bytes);
  }

  #reply(bytes: Buffer): void {
    if (!this.#serverOpen) return;
    if (this.#options.losesReply()) this.reset(true);
    else this.#fromServer.send(Buffer.from(bytes));
  }

  #closeFromServer(): void {
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    this.#toServer.cutOff();
    this.#fromServer.end();
  }

  #endServer(): void {
    if (!this.#serverOpen) return;
    this.#serverOpen = false;
    this.#serverEnd.closed();
  }

  #endClient(error?: Error): void {
    if (!this.#clientOpen) return;
    this.#clientOpen = false;
    this.#fromServer.cutOff();
    this.#options.gone(this);
    this.#options.scheduler.after(0, this.#options.client, () => this.#options.handlers.onClose(error));
  }
}

/** An error as the operating system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`simulated ${code}`), { code });
}
