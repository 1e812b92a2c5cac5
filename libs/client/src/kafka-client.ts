/** The Kafka client: Millrace's own implementation of the port, without any other library. */
import { millraceError, type Clock, type Logger, type Random } from '@millrace/base';
import type {
  Address,
  Admin,
  ClientCapabilities,
  Fetcher,
  FetcherOptions,
  GroupMember,
  GroupOptions,
  KafkaClient,
  ProducerOptions,
  RecordProducer,
  TopicView,
  TransactionalProducer,
  TransactionalProducerOptions,
  Transport,
} from '@millrace/ports';
import { Cluster } from './cluster.ts';
import type { SaslOptions } from './handshake.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { KafkaFetcher } from './kafka-fetcher.ts';
import { KafkaGroupMember } from './kafka-group-member.ts';
import { KafkaProducer } from './kafka-producer.ts';
import { KafkaTransactionalProducer } from './kafka-transactional-producer.ts';

/** Settings of a client. Times in ms. */
export interface KafkaClientOptions {
  /** As in `bootstrap.servers`: `host:port`, several separated by commas. */
  readonly bootstrapServers: string | readonly string[];
  readonly clientId: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly sasl?: SaslOptions;
  /** @default 30000 */
  readonly requestTimeoutMs?: number;
  /** For one connection. @default 10000 */
  readonly connectTimeoutMs?: number;
  /** How long `connect` looks for a broker. @default 10000 */
  readonly reachTimeoutMs?: number;
  /** @default 300000 */
  readonly metadataMaxAgeMs?: number;
  /** 1 keeps to transactions v1 even where the cluster has v2 (KIP-890). */
  readonly transactionVersion?: 1;
}

/** Makes a client; it reaches for the cluster with `connect`. */
export function createKafkaClient(options: KafkaClientOptions): KafkaClient {
  return new NativeKafkaClient(options);
}

class NativeKafkaClient implements KafkaClient {
  readonly capabilities: ClientCapabilities = { exactlyOnce: 'v2' };
  readonly admin: Admin;
  readonly #cluster: Cluster;

  constructor(options: KafkaClientOptions) {
    const { bootstrapServers, clientId, transport, clock, random, logger, sasl } = options;
    const settings = {
      bootstrapServers: addressesOf(bootstrapServers),
      clientId,
      requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      reachTimeoutMs: options.reachTimeoutMs ?? 10_000,
      metadataMaxAgeMs: options.metadataMaxAgeMs ?? 300_000,
      mayUseTransactionsV2: options.transactionVersion !== 1,
      ...(sasl === undefined ? {} : { sasl }),
    };
    this.#cluster = new Cluster(settings, { transport, clock, random, logger });
    this.admin = new KafkaAdmin(this.#cluster);
  }

  connect(): Promise<void> {
    return this.#cluster.connect();
  }

  async close(): Promise<void> {
    this.#cluster.close();
  }

  topics(
    names: readonly string[],
    options: { readonly maxAgeMs?: number } = {},
  ): Promise<ReadonlyMap<string, TopicView>> {
    return this.#cluster.describe(names, options.maxAgeMs);
  }

  listTopics(): Promise<readonly string[]> {
    return this.#cluster.retrying(() => this.#cluster.topicNames());
  }

  transactionVersion(): 1 | 2 {
    return this.#cluster.transactionVersion;
  }

  fetcher(options: FetcherOptions): Fetcher {
    return new KafkaFetcher(this.#cluster, options);
  }

  group(options: GroupOptions): GroupMember {
    return new KafkaGroupMember(this.#cluster, options);
  }

  producer(options: ProducerOptions = {}): RecordProducer {
    return new KafkaProducer(this.#cluster, options);
  }

  transactionalProducer(options: TransactionalProducerOptions): TransactionalProducer {
    return new KafkaTransactionalProducer(this.#cluster, options);
  }
}

/** Addresses of `bootstrap.servers`; IPv6 hosts stand in brackets. */
export function addressesOf(servers: string | readonly string[]): Address[] {
  const texts = (typeof servers === 'string' ? servers.split(',') : servers).map((text) => text.trim());
  const addresses = texts.filter((text) => text !== '').map(addressOf);
  if (addresses.length === 0) throw millraceError('MR_CLIENT_ADDRESS_INVALID', { address: '' });
  return addresses;
}

function addressOf(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port > 0 && port < 65_536) return { host, port };
  throw millraceError('MR_CLIENT_ADDRESS_INVALID', { address: text });
}
