/**
 * A Kafka broker as a deterministic state machine: bytes of connections in, bytes out; clock and randomness come from the
 * options, nothing is done at another time than in a call or a timer. A single node, in memory.
 */
import type { Buffer } from 'node:buffer';
import type { Address } from '@millrace/ports';
import { defaultLimits, type BrokerLimits, type BrokerOptions } from './broker-options.ts';
import { ClientConnection } from './client-connection.ts';
import { cleanUp } from './cleanup.ts';
import { GroupCoordinator } from './groups/group-coordinator.ts';
import { allHandlers } from './handlers/all-handlers.ts';
import type { BrokerState, Handlers } from './handlers/handler.ts';
import { Timers } from './timers.ts';
import { Topics } from './topics.ts';
import { TransactionCoordinator } from './transactions/transaction-coordinator.ts';

/** The broker's end of a connection. */
export interface ServerConnection {
  /** Bytes of the client; a chunk may hold a part of a frame or several. It must not change afterwards. */
  receive(bytes: Buffer): void;
  /** The client is gone. */
  closed(): void;
}

/** What is known of a client from its connection. */
export interface ConnectionOrigin {
  /** Where it finds the broker; the `advertised` of the options by default. */
  readonly advertised?: Address;
  readonly clientHost?: string;
}

/** Reads a partition without the protocol: for the simulator and for tests. */
export interface LogView {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly lastStableOffset: number;
  /** Batches as they lie in the log. */
  batches(): Iterable<Buffer>;
}

/** The broker. */
export class Broker {
  readonly #state: BrokerState;
  readonly #handlers: Handlers;
  readonly #connections = new Set<ClientConnection>();

  constructor({ clock, random, logger, ...given }: BrokerOptions) {
    const limits: BrokerLimits = { ...defaultLimits, ...given };
    const timers = new Timers(clock);
    const topics = new Topics(random);
    const groups = new GroupCoordinator({ timers, random, limits });
    const transactions = new TransactionCoordinator({ timers, random, limits, topics, groups });
    this.#state = { limits, timers, random, logger, topics, groups, transactions };
    this.#handlers = allHandlers(this.#state);
    this.#cleanUpLater();
  }

  /** A client connects. `send` and `close` are not called any more after `closed`. */
  accept(send: (bytes: Buffer) => void, close: () => void, origin: ConnectionOrigin = {}): ServerConnection {
    const { limits, logger } = this.#state;
    const connection = new ClientConnection({
      handlers: this.#handlers,
      logger,
      maxRequestBytes: limits.maxRequestBytes,
      advertised: origin.advertised ?? limits.advertised,
      clientHost: origin.clientHost ?? '/127.0.0.1',
      send,
      close: () => {
        this.#connections.delete(connection);
        close();
      },
    });
    this.#connections.add(connection);
    return {
      receive: (bytes) => connection.receive(bytes),
      closed: () => {
        this.#connections.delete(connection);
        connection.closed();
      },
    };
  }

  /**
   * A crash of the broker's process and its next start: connections, timers and all that waits are gone; logs, producers,
   * transactions, groups and offsets are as they were. Transactions that were prepared are completed.
   */
  restart(): void {
    this.#stop();
    this.#state.groups.restart();
    this.#state.transactions.restart();
    this.#cleanUpLater();
  }

  /** Ends connections and timers. */
  close(): void {
    this.#stop();
  }

  /** Applies retention and compaction now. */
  cleanUp(): void {
    const { topics, timers } = this.#state;
    for (const topic of topics.all()) cleanUp(topic, timers.nowMs);
  }

  topicNames(): string[] {
    return [...this.#state.topics.all()].map(({ name }) => name);
  }

  /** How many partitions a topic has; 0 if there is no such topic. */
  partitionCount(topic: string): number {
    return this.#state.topics.get(topic)?.partitions.length ?? 0;
  }

  /** The log of a partition; undefined if there is no such partition. */
  log(topic: string, partition: number): LogView | undefined {
    const found = this.#state.topics.partition(topic, partition);
    if (found === undefined) return undefined;
    const { log } = found;
    return {
      get startOffset() {
        return log.startOffset;
      },
      get endOffset() {
        return log.endOffset;
      },
      get lastStableOffset() {
        return found.lastStableOffset;
      },
      *batches() {
        for (const { bytes } of log.batches()) yield bytes;
      },
    };
  }

  #stop(): void {
    const { timers, topics } = this.#state;
    timers.cancelAll();
    for (const topic of topics.all()) for (const partition of topic.partitions) partition.forgetListeners();
    for (const connection of [...this.#connections]) connection.cutOff();
  }

  #cleanUpLater(): void {
    const { limits, timers } = this.#state;
    if (limits.cleanupIntervalMs <= 0) return;
    timers.after(limits.cleanupIntervalMs, () => {
      this.cleanUp();
      this.#cleanUpLater();
    });
  }
}
