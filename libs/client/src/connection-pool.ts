/**
 * Connections by broker and lane. A broker answers one connection strictly in order, so what must not wait for each other
 * (a long poll and a commit, a JoinGroup and a heartbeat) goes on lanes of its own.
 */
import { MillraceError, millraceError } from '@millrace/base';
import type { Address } from '@millrace/ports';
import { BrokerConnection, type ConnectionPorts, type ConnectionSettings } from './broker-connection.ts';
import type { BrokerVersions } from './handshake.ts';

interface Slot {
  readonly opening: Promise<BrokerConnection>;
  connection: BrokerConnection | undefined;
}

export class ConnectionPool {
  readonly #settings: ConnectionSettings;
  readonly #ports: ConnectionPorts;
  readonly #onVersions: (versions: BrokerVersions) => void;
  readonly #slots = new Map<string, Slot>();
  #everOpened = false;
  #closed = false;

  constructor(settings: ConnectionSettings, ports: ConnectionPorts, onVersions: (versions: BrokerVersions) => void) {
    this.#settings = settings;
    this.#ports = ports;
    this.#onVersions = onVersions;
  }

  /** The open connection of a lane; opens one where there is none or the old one is gone. */
  get(to: Address, node: number, lane: string): Promise<BrokerConnection> {
    if (this.#closed) return Promise.reject(millraceError('MR_CLIENT_CLOSED', { what: 'Kafka client' }));
    const key = `${lane}@${to.host}:${to.port}`;
    const known = this.#slots.get(key);
    if (known !== undefined && known.connection?.closed !== true) {
      if (known.connection?.expired !== true) return known.opening;
      known.connection.retire();
    }
    const slot: Slot = { opening: this.#open(to, node, key), connection: undefined };
    this.#slots.set(key, slot);
    slot.opening.then(
      (connection) => this.#keep(key, slot, connection),
      () => this.#slots.get(key) === slot && this.#slots.delete(key),
    );
    return slot.opening;
  }

  /** Closes the connections of a lane. */
  closeLane(lane: string): void {
    for (const [key, { connection }] of [...this.#slots]) {
      if (!key.startsWith(`${lane}@`)) continue;
      this.#slots.delete(key);
      connection?.close();
    }
  }

  close(): void {
    this.#closed = true;
    for (const { connection } of this.#slots.values()) connection?.close();
    this.#slots.clear();
  }

  async #open(to: Address, node: number, key: string): Promise<BrokerConnection> {
    try {
      return await BrokerConnection.open(to, node, this.#settings, this.#ports);
    } catch (error) {
      // A cluster that has answered before speaks Kafka: this broker, or a proxy before it, is going down or coming up.
      const isStranger = isHangUp(error) || (MillraceError.is(error) && error.code === 'MR_CLIENT_NOT_KAFKA');
      if (!this.#everOpened || !isStranger) throw error;
      const reason = isHangUp(error)
        ? 'the broker closed it before its first answer'
        : 'what answers there is no broker';
      throw millraceError('MR_CLIENT_DISCONNECTED', { address: key.slice(key.indexOf('@') + 1), node, reason }, error);
    }
  }

  #keep(key: string, slot: Slot, connection: BrokerConnection): void {
    if (this.#closed || this.#slots.get(key) !== slot) return connection.close();
    this.#everOpened = true;
    slot.connection = connection;
    this.#onVersions(connection.versions);
  }
}

/** The other side hung up before it said anything: a wrong listener does, and so does a broker that is going down or coming up. */
export function isHangUp(error: unknown): boolean {
  return (
    MillraceError.is(error) &&
    (error.code === 'MR_CLIENT_EOF_BEFORE_HELLO' || error.code === 'MR_CLIENT_TLS_NOT_OFFERED')
  );
}
