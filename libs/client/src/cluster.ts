/**
 * The cluster as one thing to talk to: finds brokers from the bootstrap list, knows leaders and coordinators, keeps connections.
 * A call is one attempt; what comes after a failure is decided by the caller, who knows what may be repeated.
 */
import { MillraceError, millraceError, type Clock, type Logger, type Random } from '@millrace/base';
import type { Address, PartitionView, TopicView, Transport } from '@millrace/ports';
import { apis, errorCodes, type Api } from '@millrace/protocol';
import { backoffMs, isRetriable, retryBackoff } from './backoff.ts';
import type { Body, BrokerConnection, ConnectionSettings, RequestOptions } from './broker-connection.ts';
import { throwOnError } from './broker-error.ts';
import { ConnectionPool, isHangUp } from './connection-pool.ts';
import { Coordinator, type CoordinatorType } from './coordinator.ts';
import type { BrokerVersions } from './handshake.ts';
import { Lifetime } from './lifetime.ts';
import { MetadataCache, type BrokerNode } from './metadata-cache.ts';

export interface ClusterPorts {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface ClusterSettings extends ConnectionSettings {
  readonly bootstrapServers: readonly Address[];
  /** How long `connect` tries. */
  readonly reachTimeoutMs: number;
  readonly metadataMaxAgeMs: number;
  readonly mayUseTransactionsV2: boolean;
}

/** An answer and the broker that gave it. */
export interface Answered<T> {
  readonly answer: T;
  readonly node: number;
}

const mainLane = 'main';
const bootstrapNode = -1;
/** Kafka's `default.api.timeout.ms`: how long one thing is tried before its caller hears of it. */
const apiTimeoutMs = 60_000;
/** After so long somebody who waits for the first answer is told. */
const patienceMs = 2_000;
/** Failures that pass without a line in the log. */
const patientAttempts = 5;

export class Cluster {
  readonly ports: ClusterPorts;
  readonly settings: ClusterSettings;
  readonly metadata = new MetadataCache();
  /** Ends when the client is closed. */
  readonly lifetime: Lifetime;
  readonly #pool: ConnectionPool;
  #features: BrokerVersions['features'] = new Map();
  #featuresEpoch = -2;
  #refreshNames = new Set<string>();
  #refreshing: Promise<void> = Promise.resolve();
  #nextRefresh: Promise<void> | undefined;
  #lanes = 0;
  #losses = 0;
  readonly #lossListeners = new Set<() => void>();

  constructor(settings: ClusterSettings, ports: ClusterPorts) {
    this.settings = settings;
    this.ports = ports;
    this.lifetime = new Lifetime(ports.clock);
    const onLoss = (): void => {
      this.#losses += 1;
      for (const listener of this.#lossListeners) listener();
    };
    this.#pool = new ConnectionPool(settings, { ...ports, onLoss }, (versions) => this.#learn(versions));
  }

  /** Runs until it succeeds, fails with an error that trying again cannot mend, has been tried for too long, or its lifetime ends. */
  async retrying<T>(run: () => Promise<T>, lifetime: Lifetime = this.lifetime): Promise<T> {
    const { clock, random, logger } = this.ports;
    const deadlineMs = clock.monotonic() + apiTimeoutMs;
    for (let attempt = 0; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        const waitMs = backoffMs(retryBackoff, attempt, random);
        if (!isRetriable(error) || lifetime.ended || clock.monotonic() + waitMs > deadlineMs) throw error;
        if (attempt === patientAttempts)
          logger.log('warn', 'Kafka does not answer as it should; trying on.', { why: String(error) });
        await lifetime.sleep(waitMs);
        if (lifetime.ended) throw error;
      }
    }
  }

  /** 2 where the cluster has finalized `transaction.version` 2 (KIP-890). */
  get transactionVersion(): 1 | 2 {
    if (!this.settings.mayUseTransactionsV2) return 1;
    return (this.#features.get('transaction.version') ?? 0) >= 2 ? 2 : 1;
  }

  /** Counts the connections that were lost: while it stands still no broker has gone down under us. */
  get losses(): number {
    return this.#losses;
  }

  /** Calls after each loss of a connection until the function that it gives is called. */
  onLoss(listener: () => void): () => void {
    this.#lossListeners.add(listener);
    return () => this.#lossListeners.delete(listener);
  }

  /** A name for connections that nothing else uses. */
  newLane(what: string): string {
    this.#lanes += 1;
    return `${what}-${this.#lanes}`;
  }

  closeLane(lane: string): void {
    this.#pool.closeLane(lane);
  }

  /** Reaches a broker of the bootstrap list; keeps trying for a while, unless the answer shows that it is in vain. */
  async connect(): Promise<void> {
    const { clock, logger } = this.ports;
    const deadlineMs = clock.monotonic() + this.settings.reachTimeoutMs;
    let why = 'no answer';
    const said = clock.setTimer(patienceMs, () => {
      const bootstrapServers = this.settings.bootstrapServers.map(({ host, port }) => `${host}:${port}`);
      logger.log('warn', 'No Kafka broker has answered yet; trying on.', { bootstrapServers, why });
    });
    try {
      for (;;) {
        const error = await this.refresh([]).catch((thrown: unknown) => thrown);
        if (error === undefined) return;
        const wait = MillraceError.is(error) && mayPass(error);
        if (!wait || clock.monotonic() + 250 >= deadlineMs || this.lifetime.ended) throw error;
        why = error.message;
        await this.lifetime.sleep(250);
      }
    } finally {
      said.cancel();
    }
  }

  close(): void {
    this.lifetime.end();
    this.#pool.close();
  }

  /** One attempt at a broker that is known by its id. */
  async call<Req, Res>(
    node: number,
    lane: string,
    api: Api<Req, Res>,
    body: Body<Req>,
    options?: RequestOptions,
  ): Promise<Res> {
    const connection = await this.#connection(node, lane);
    return connection.request(api, body, options);
  }

  /** One attempt at each broker until one answers. */
  async callAny<Req, Res>(api: Api<Req, Res>, body: Body<Req>, options?: RequestOptions): Promise<Answered<Res>> {
    const failures: { readonly address: string; readonly error: MillraceError }[] = [];
    for (const { node, host, port } of this.#candidates()) {
      try {
        const connection = await this.#pool.get({ host, port }, node, mainLane);
        return { answer: await connection.request(api, body, options), node };
      } catch (error) {
        if (!MillraceError.is(error) || this.lifetime.ended) throw error;
        failures.push({ address: `${host}:${port}`, error });
      }
    }
    const isSilent = failures.length > 0 && failures.every(({ error }) => error.code === 'MR_CLIENT_SILENT');
    const telling = failures.find(({ error }) => isSilent || error.severity !== 'retriable')?.error;
    if (telling !== undefined) throw telling;
    const tried = failures.map(({ address, error }) => `${address} (${whyOf(error)})`).join(', ');
    throw millraceError('MR_CLIENT_UNREACHABLE', { tried }, failures[0]?.error);
  }

  /** A group's or a transactional id's coordinator. */
  coordinator(type: CoordinatorType, key: string, lane: string): Coordinator {
    return new Coordinator(this, type, key, lane);
  }

  /** Describes topics; asks the cluster for those it does not know or knows longer than `maxAgeMs`. */
  async describe(
    names: readonly string[],
    maxAgeMs = this.settings.metadataMaxAgeMs,
  ): Promise<ReadonlyMap<string, TopicView>> {
    const sinceMs = this.ports.clock.monotonic();
    const missing = names.filter((name) => this.metadata.topic(name, sinceMs, maxAgeMs) === undefined);
    if (missing.length > 0) await this.retrying(() => this.refresh(missing));
    const found = new Map<string, TopicView>();
    for (const name of names) {
      const view = this.metadata.topic(name, sinceMs);
      if (view !== undefined) found.set(name, view);
    }
    return found;
  }

  /** The leader of a partition as far as known; undefined while there is none. */
  leader(topic: string, partition: number): PartitionView | undefined {
    const view = this.metadata.partition(topic, partition);
    return view === undefined || view.leader < 0 ? undefined : view;
  }

  /** Asks for topics anew. Calls that come while one is on its way share the next one. */
  refresh(names: readonly string[]): Promise<void> {
    for (const name of names) this.#refreshNames.add(name);
    this.#nextRefresh ??= this.#refreshing
      .catch(() => undefined)
      .then(() => {
        const wanted = [...this.#refreshNames];
        this.#refreshNames = new Set();
        this.#nextRefresh = undefined;
        this.#refreshing = this.#fetchMetadata(wanted);
        return this.#refreshing;
      });
    return this.#nextRefresh;
  }

  /** All topics, those of Kafka itself left out. */
  async topicNames(): Promise<readonly string[]> {
    const body = { topics: null, allowAutoTopicCreation: false };
    const { answer } = await this.callAny(apis.Metadata, body, { minVersion: 4 });
    return answer.topics.flatMap(({ name, isInternal }) => (name === null || isInternal ? [] : [name]));
  }

  async #fetchMetadata(names: readonly string[]): Promise<void> {
    const body = { topics: names.map((name) => ({ name })), allowAutoTopicCreation: false };
    const { answer, node } = await this.callAny(apis.Metadata, body, { minVersion: 4 });
    if (answer.errorCode !== errorCodes.REBOOTSTRAP_REQUIRED) {
      throwOnError(answer.errorCode, { api: 'Metadata', node, about: 'the cluster' });
    }
    this.metadata.apply(answer, this.ports.clock.monotonic(), node);
  }

  async #connection(node: number, lane: string): Promise<BrokerConnection> {
    const known = this.metadata.node(node);
    if (known !== undefined) return this.#pool.get(known, node, lane);
    const reason = 'the cluster does not list it';
    throw millraceError('MR_CLIENT_DISCONNECTED', { address: 'an unknown address', node, reason });
  }

  /** Known brokers first, in an order of chance; the bootstrap list when none of them answers. */
  #candidates(): readonly BrokerNode[] {
    const { nodes } = this.metadata;
    const start = nodes.length > 1 ? this.ports.random.int(nodes.length) : 0;
    const bootstrap = this.settings.bootstrapServers.map((address) => ({ ...address, node: bootstrapNode }));
    const known = new Set(nodes.map(({ host, port }) => `${host}:${port}`));
    return [
      ...nodes.slice(start),
      ...nodes.slice(0, start),
      ...bootstrap.filter(({ host, port }) => !known.has(`${host}:${port}`)),
    ];
  }

  #learn({ features, featuresEpoch }: BrokerVersions): void {
    if (featuresEpoch < this.#featuresEpoch) return;
    this.#features = features;
    this.#featuresEpoch = featuresEpoch;
  }
}

/** A broker that closes at once may be starting; wrong protocols and refused logins stay so. */
function mayPass(error: MillraceError): boolean {
  return error.severity === 'retriable' || isHangUp(error);
}

function whyOf({ details, message }: MillraceError): string {
  return typeof details['reason'] === 'string' ? details['reason'] : message;
}
