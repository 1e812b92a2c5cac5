/**
 * A network between simulated hosts, behind the Transport port: one server, any number of clients, byte streams with latency, cuts
 * (both ways or one way), resets that lose replies, and requests that arrive after their client has given up.
 */
import { invariant, type Random } from '@millrace/base';
import type { Connection, ConnectionHandlers, Transport } from '@millrace/ports';
import type { Host } from './host.ts';
import type { RandomStreams } from './random-streams.ts';
import type { Scheduler } from './scheduler.ts';
import { SimulatedConnection, systemError, type Accept } from './simulated-connection.ts';
import type { Trace } from './trace.ts';

export type Direction = 'both' | 'toServer' | 'fromServer';

export interface NetworkRates {
  /** Usual one-way latency: uniform below this. */
  readonly latencyMs: number;
  /** Share of messages that take up to `slowMs`. */
  readonly slowShare: number;
  readonly slowMs: number;
  /** Chance that a connection is reset when the server answers on it: the request was carried out, its reply is lost. */
  readonly lostReplyShare: number;
  /** Chance that a connection is reset when a request is sent on it: the request is lost. */
  readonly lostRequestShare: number;
}

interface Link {
  toServerHeldUntilMs: number;
  fromServerHeldUntilMs: number;
  /** Rates apply; the hosts of the test itself have a good line. */
  readonly faulty: boolean;
}

const goodLine: NetworkRates = { latencyMs: 1, slowShare: 0, slowMs: 0, lostReplyShare: 0, lostRequestShare: 0 };

export class SimulatedNetwork {
  readonly #scheduler: Scheduler;
  readonly #streams: RandomStreams;
  readonly #trace: Trace;
  readonly #links = new Map<string, Link>();
  readonly #open = new Set<SimulatedConnection>();
  readonly #connectionsMade = new Map<string, number>();
  #rates: NetworkRates;
  #server: { readonly host: Host; readonly accept: Accept } | undefined;

  constructor(scheduler: Scheduler, streams: RandomStreams, trace: Trace, rates: NetworkRates) {
    this.#scheduler = scheduler;
    this.#streams = streams;
    this.#trace = trace;
    this.#rates = rates;
  }

  /** The server is up: connections go to it. */
  listen(host: Host, accept: Accept): void {
    this.#server = { host, accept };
  }

  /** The server is down: its connections break, new ones are refused. */
  stopListening(): void {
    this.#server = undefined;
    for (const connection of [...this.#open]) connection.reset(false);
  }

  /** The network as a host sees it. Its link outlives the incarnations of a process. */
  transport(host: Host, linkName: string, options: { readonly faulty: boolean }): Transport {
    const link = this.#links.get(linkName) ?? { toServerHeldUntilMs: -1, fromServerHeldUntilMs: -1, ...options };
    this.#links.set(linkName, link);
    return { connect: (_address, handlers) => this.#connect(host, link, handlers) };
  }

  /** Nothing passes between a link and the server for a while. */
  cut(linkName: string, direction: Direction, forMs: number): void {
    const link = this.#links.get(linkName);
    invariant(link !== undefined, `link ${linkName} exists before it is cut`);
    const untilMs = this.#scheduler.nowMs + forMs;
    if (direction !== 'fromServer') link.toServerHeldUntilMs = untilMs;
    if (direction !== 'toServer') link.fromServerHeldUntilMs = untilMs;
  }

  /** Breaks the connections of a host; replies on their way are lost, requests on their way arrive or not. */
  reset(host: Host, requestsArrive: boolean): void {
    for (const connection of [...this.#open]) if (connection.client === host) connection.reset(requestsArrive);
  }

  /** No more faults: cuts end, every line is good. */
  heal(): void {
    this.#rates = goodLine;
    for (const link of this.#links.values()) link.toServerHeldUntilMs = link.fromServerHeldUntilMs = -1;
  }

  async #connect(host: Host, link: Link, handlers: ConnectionHandlers): Promise<Connection> {
    const number = (this.#connectionsMade.get(host.name) ?? 0) + 1;
    this.#connectionsMade.set(host.name, number);
    const random = this.#streams.stream(`network/${host.name}/${number}`);
    await this.#handshake(host, link, random);
    if (this.#server === undefined) throw systemError('ECONNREFUSED');
    const latencyMs = (): number => this.#latencyMs(link, random);
    const connection = new SimulatedConnection({
      scheduler: this.#scheduler,
      random,
      client: host,
      server: this.#server.host,
      toServer: { latencyMs, heldUntilMs: () => link.toServerHeldUntilMs },
      fromServer: { latencyMs, heldUntilMs: () => link.fromServerHeldUntilMs },
      handlers,
      accept: this.#server.accept,
      losesReply: () => link.faulty && random.next() < this.#rates.lostReplyShare,
      losesRequest: () => link.faulty && random.next() < this.#rates.lostRequestShare,
      arrived: (receiver, sender, bytes) => this.#traceArrival(receiver, sender, bytes),
      gone: (gone) => this.#open.delete(gone),
    });
    this.#open.add(connection);
    return connection;
  }

  /** One round trip; waits out cuts in either direction. */
  async #handshake(host: Host, link: Link, random: Random): Promise<void> {
    const heldMs = (): number => Math.max(link.toServerHeldUntilMs, link.fromServerHeldUntilMs) - this.#scheduler.nowMs;
    do await host.clock.sleep(Math.max(heldMs(), 2 * this.#latencyMs(link, random)));
    while (heldMs() > 0);
  }

  #latencyMs(link: Link, random: Random): number {
    const rates = link.faulty ? this.#rates : goodLine;
    const usualMs = 0.1 + random.next() * rates.latencyMs;
    return random.next() < rates.slowShare ? usualMs + random.next() * rates.slowMs : usualMs;
  }

  #traceArrival(receiver: Host, sender: Host, bytes: Buffer): void {
    this.#trace.add(
      this.#scheduler.nowMs,
      receiver.name,
      bytes.length,
      () => `<- ${sender.name} ${bytes.length} bytes`,
    );
    this.#trace.addBytes(bytes.subarray(0, 64));
  }
}
