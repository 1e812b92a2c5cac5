/**
 * A network between simulated hosts, behind the Transport port: one server, any number of clients, byte streams with latency, cuts
 * (both ways or one way), resets that lose replies, and requests that arrive after their client has given up.
 */
import { millraceError, type Random } from '@millrace/base';
import type { Address, Connection, ConnectionHandlers, Transport } from '@millrace/ports';
import type { Host } from './host.ts';
import { Lane } from './lane.ts';
import type { RandomStreams } from './random-streams.ts';
import type { Scheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';

/** A server's end of a connection, as the embedded broker has it. */
export interface ServerConnection {
  receive(bytes: Buffer): void;
  closed(): void;
}

/** Takes a connection; `send` and `close` are its way back. */
export type Accept = (send: (bytes: Buffer) => void, close: () => void) => ServerConnection;

export type Direction = 'both' | 'toServer' | 'fromServer';

export interface NetworkRates {
  /** Usual one-way latency: uniform below this. */
  readonly latencyMs: number;
  /** Share of messages that take up to `slowMs`. */
  readonly slowShare: number;
  readonly slowMs: number;
  /** Chance that a connection is reset when the server answers on it: the request was carried out, its reply is lost. */
  readonly lostReplyShare: number;
}

interface Link {
  heldToServerUntilMs: number;
  heldFromServerUntilMs: number;
  /** Rates apply; a host of the test itself has a good line. */
  readonly faulty: boolean;
}

interface Open {
  readonly host: Host;
  reset(requestsArrive: boolean): void;
}

const goodLine: NetworkRates = { latencyMs: 1, slowShare: 0, slowMs: 0, lostReplyShare: 0 };

export class SimulatedNetwork {
  readonly #scheduler: Scheduler;
  readonly #streams: RandomStreams;
  readonly #trace: Trace;
  readonly #links = new Map<string, Link>();
  readonly #open = new Set<Open>();
  readonly #connections = new Map<string, number>();
  #rates: NetworkRates;
  #server: { readonly host: Host; readonly accept: Accept } | undefined;

  constructor(scheduler: Scheduler, streams: RandomStreams, trace: Trace, rates: NetworkRates) {
    this.#scheduler = scheduler;
    this.#streams = streams;
    this.#trace = trace;
    this.#rates = rates;
  }

  /** The server is up; connections go to it. */
  listen(host: Host, accept: Accept): void {
    this.#server = { host, accept };
  }

  /** The server is down: all its connections break, new ones are refused. */
  stopListening(): void {
    this.#server = undefined;
    for (const open of [...this.#open]) open.reset(false);
  }

  /** The network as a host sees it. Links belong to `link`, which outlives the incarnations of a process. */
  transport(host: Host, link: string, options: { readonly faulty: boolean }): Transport {
    if (!this.#links.has(link))
      this.#links.set(link, { heldToServerUntilMs: -1, heldFromServerUntilMs: -1, faulty: options.faulty });
    return { connect: (_address: Address, handlers) => this.#connect(host, link, handlers) };
  }

  /** Nothing passes between a link and the server for a while. */
  cut(link: string, direction: Direction, forMs: number): void {
    const state = this.#link(link);
    const untilMs = this.#scheduler.nowMs + forMs;
    if (direction !== 'fromServer') state.heldToServerUntilMs = untilMs;
    if (direction !== 'toServer') state.heldFromServerUntilMs = untilMs;
  }

  /** Breaks the connections of a host; replies on their way are lost, requests on their way arrive or not. */
  reset(host: Host, requestsArrive: boolean): void {
    for (const open of [...this.#open]) if (open.host === host) open.reset(requestsArrive);
  }

  /** No more faults: cuts end, the line is good. */
  heal(): void {
    this.#rates = goodLine;
    for (const link of this.#links.values()) {
      link.heldToServerUntilMs = -1;
      link.heldFromServerUntilMs = -1;
    }
  }

  async #connect(host: Host, linkName: string, handlers: ConnectionHandlers): Promise<Connection> {
    const link = this.#link(linkName);
    const count = (this.#connections.get(host.name) ?? 0) + 1;
    this.#connections.set(host.name, count);
    const random = this.#streams.stream(`network/${host.name}/${count}`);
    await this.#roundTrip(host, link, random);
    if (this.#server === undefined) throw systemError('ECONNREFUSED');
    return this.#establish(host, link, random, handlers, this.#server);
  }

  /** The handshake: waits out cuts in either direction. */
  async #roundTrip(host: Host, link: Link, random: Random): Promise<void> {
    do {
      const heldMs = Math.max(link.heldToServerUntilMs, link.heldFromServerUntilMs) - this.#scheduler.nowMs;
      await host.clock.sleep(Math.max(heldMs, 2 * this.#latencyMs(link, random)));
    } while (Math.max(link.heldToServerUntilMs, link.heldFromServerUntilMs) > this.#scheduler.nowMs);
  }

  #establish(
    host: Host,
    link: Link,
    random: Random,
    handlers: ConnectionHandlers,
    server: { readonly host: Host; readonly accept: Accept },
  ): Connection {
    const scheduler = this.#scheduler;
    const latencyMs = (): number => this.#latencyMs(link, random);
    let clientOpen = true;
    let serverOpen = true;
    const closeClient = (error?: Error): void => {
      if (!clientOpen) return;
      clientOpen = false;
      this.#open.delete(open);
      fromServer.cutOff();
      scheduler.after(0, host, () => handlers.onClose(error));
    };
    const toServer = new Lane({
      scheduler,
      random,
      receiver: server.host,
      conditions: { heldUntilMs: () => link.heldToServerUntilMs, latencyMs },
      deliver: (bytes) => {
        if (!serverOpen) return;
        this.#traceBytes(server.host.name, bytes, `<- ${host.name}`);
        serverEnd.receive(bytes);
      },
      ended: () => {
        if (!serverOpen) return;
        serverOpen = false;
        serverEnd.closed();
      },
    });
    const fromServer = new Lane({
      scheduler,
      random,
      receiver: host,
      conditions: { heldUntilMs: () => link.heldFromServerUntilMs, latencyMs },
      deliver: (bytes) => {
        this.#traceBytes(host.name, bytes, '<- broker');
        handlers.onData(bytes);
      },
      ended: () => closeClient(),
    });
    const open: Open = {
      host,
      reset: (requestsArrive) => {
        if (!requestsArrive) toServer.cutOff();
        // A cut-off lane carries no end either: the server learns of the reset by itself.
        if (requestsArrive) toServer.end();
        else if (serverOpen) scheduler.after(latencyMs(), server.host, () => endServer());
        closeClient(systemError('ECONNRESET'));
      },
    };
    const endServer = (): void => {
      if (!serverOpen) return;
      serverOpen = false;
      serverEnd.closed();
    };
    const serverEnd = server.accept(
      (bytes) => {
        if (!serverOpen) return;
        if (link.faulty && random.next() < this.#rates.lostReplyShare) open.reset(true);
        else fromServer.send(Buffer.from(bytes));
      },
      () => {
        if (!serverOpen) return;
        serverOpen = false;
        toServer.cutOff();
        fromServer.end();
      },
    );
    this.#open.add(open);
    return {
      write: (chunks) => {
        if (clientOpen) toServer.send(Buffer.concat(chunks));
      },
      close: () => {
        if (!clientOpen) return;
        toServer.end();
        closeClient();
      },
    };
  }

  #latencyMs(link: Link, random: Random): number {
    const rates = link.faulty ? this.#rates : goodLine;
    const usual = 0.1 + random.next() * rates.latencyMs;
    return random.next() < rates.slowShare ? usual + random.next() * rates.slowMs : usual;
  }

  #link(name: string): Link {
    const link = this.#links.get(name);
    if (link === undefined) throw millraceError('MR_INVARIANT', { why: `link ${name} exists before it is cut` });
    return link;
  }

  #traceBytes(actor: string, bytes: Buffer, from: string): void {
    this.#trace.add(this.#scheduler.nowMs, actor, bytes.length, () => `${from} ${bytes.length} bytes`);
    this.#trace.addBytes(bytes.subarray(0, 64));
  }
}

/** An error as the operating system gives it. */
function systemError(code: string): Error {
  return Object.assign(new Error(`simulated ${code}`), { code });
}
