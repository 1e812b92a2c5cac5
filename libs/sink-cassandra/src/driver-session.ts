/** The CQL session over cassandra-driver. Every statement is declared idempotent: each write carries its own timestamp. */
import cassandra from 'cassandra-driver';
import type { BoundStatement, CqlRow, CqlSession, CqlValue, ExecuteOptions } from './cql-session.ts';

/** Consistency of reads and writes, by Cassandra's names. */
export type Consistency = 'ONE' | 'LOCAL_ONE' | 'QUORUM' | 'LOCAL_QUORUM' | 'EACH_QUORUM' | 'ALL';

export interface DriverOptions {
  /** `host` or `host:port`. */
  readonly contactPoints: readonly string[];
  readonly localDataCenter: string;
  /** For contact points without a port, and for the other nodes. @default 9042 */
  readonly port?: number;
  readonly credentials?: { readonly username: string; readonly password: string };
  /** TLS, as `tls.connect` takes it. */
  readonly tls?: object;
  /** @default 'LOCAL_QUORUM' */
  readonly consistency?: Consistency;
  /** How long the driver waits for one answer. @default 10000 */
  readonly requestTimeoutMs?: number;
}

const consistencies: Readonly<Record<Consistency, number>> = {
  ONE: cassandra.types.consistencies.one,
  LOCAL_ONE: cassandra.types.consistencies.localOne,
  QUORUM: cassandra.types.consistencies.quorum,
  LOCAL_QUORUM: cassandra.types.consistencies.localQuorum,
  EACH_QUORUM: cassandra.types.consistencies.eachQuorum,
  ALL: cassandra.types.consistencies.all,
};

/** What is used of the driver's hosts beyond their types: the end of their connection pool. */
type HostPool = cassandra.Host & { shutdown(waitForPending: boolean): Promise<void> };

export class DriverSession implements CqlSession {
  readonly #client: cassandra.Client;
  readonly #hosts = new Map<string, HostPool>();

  constructor(options: DriverOptions) {
    const { contactPoints, localDataCenter, port, credentials, tls, consistency = 'LOCAL_QUORUM' } = options;
    this.#client = new cassandra.Client({
      contactPoints: [...contactPoints],
      localDataCenter,
      applicationName: 'millrace',
      encoding: { useBigIntAsLong: true },
      queryOptions: { consistency: consistencies[consistency], isIdempotent: true },
      socketOptions: { readTimeout: options.requestTimeoutMs ?? 10_000, connectTimeout: 5_000 },
      // A node that comes back is used again soon: the sink's writes wait for it.
      policies: { reconnection: new cassandra.policies.reconnection.ExponentialReconnectionPolicy(500, 10_000, false) },
      ...(port === undefined ? {} : { protocolOptions: { port } }),
      ...(credentials === undefined ? {} : { credentials: { ...credentials } }),
      ...(tls === undefined ? {} : { sslOptions: tls }),
    });
    this.#client.on('hostAdd', (host) => this.#know(host as HostPool));
  }

  async connect(): Promise<void> {
    await this.#client.connect();
    this.#client.hosts.forEach((host) => this.#know(host as HostPool));
  }

  async execute(statement: string, values: readonly CqlValue[], options?: ExecuteOptions): Promise<readonly CqlRow[]> {
    const { rows } = await this.#client.execute(statement, values, { prepare: options?.isSchema !== true });
    // Schema statements have no rows.
    return (rows as readonly CqlRow[] | undefined) ?? [];
  }

  async batch(statements: readonly BoundStatement[]): Promise<void> {
    const queries = statements.map(({ statement, values }) => ({ query: statement, params: [...values] }));
    await this.#client.batch(queries, { prepare: true, logged: false });
  }

  async close(): Promise<void> {
    await this.#client.shutdown();
    await Promise.all([...this.#hosts.values()].map((host) => host.shutdown(false)));
  }

  /** After an outage the driver (4.10) may go on with a new object for a node and forget the old one, whose pool would reconnect for ever. */
  #know(host: HostPool): void {
    const before = this.#hosts.get(host.address);
    this.#hosts.set(host.address, host);
    if (before !== undefined && before !== host) void before.shutdown(false).catch(() => undefined);
  }
}
