import { millraceError, type Clock, type Logger } from '@millrace/base';
import type {
  Admin,
  Fetcher,
  FetcherOptions,
  GroupMember,
  GroupOptions,
  KafkaClient,
  ProducerOptions,
  RecordProducer,
  TopicPartition,
  TopicView,
  TransactionalProducer,
} from '@millrace/ports';
import { Kafka, logLevel, type Admin as KafkajsAdminApi, type KafkaConfig } from 'kafkajs';
import { openCluster, translated, type Cluster } from './cluster.ts';
import { KafkajsAdmin } from './kafkajs-admin.ts';
import { KafkajsFetcher } from './kafkajs-fetcher.ts';
import { KafkajsGroupMember } from './kafkajs-group-member.ts';
import { KafkajsProducer } from './kafkajs-producer.ts';

export interface KafkajsClientOptions {
  /** As kafkajs takes it: brokers, ssl, sasl ... */
  readonly kafka: KafkaConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The client port over kafkajs 2.2.4, for those who must keep it: at least once only. It refuses transactions with MR_KAFKAJS_EXACTLY_ONCE,
 * rebalances eagerly, reads nothing ahead and costs 10 to 60 times the CPU of Millrace's own client on the record path.
 */
export function createKafkajsClient(options: KafkajsClientOptions): KafkaClient {
  return new KafkajsClient(options);
}

class KafkajsClient implements KafkaClient {
  readonly capabilities = { exactlyOnce: 'none' } as const;
  readonly admin: Admin;
  readonly #kafka: Kafka;
  readonly #options: KafkajsClientOptions;
  readonly #clusters: Cluster[] = [];
  #adminApi: Promise<KafkajsAdminApi> | undefined;

  constructor(options: KafkajsClientOptions) {
    this.#options = options;
    this.#kafka = new Kafka({ logLevel: logLevel.NOTHING, ...options.kafka });
    this.admin = new KafkajsAdmin(() => this.#connectedAdmin());
  }

  async connect(): Promise<void> {
    try {
      await this.#connectedAdmin();
    } catch (error) {
      throw translated(error, 'connecting');
    }
  }

  async close(): Promise<void> {
    const admin = await this.#adminApi?.catch(() => undefined);
    await Promise.all([admin?.disconnect(), ...this.#clusters.map((cluster) => cluster.disconnect())]);
  }

  async topics(names: readonly string[]): Promise<ReadonlyMap<string, TopicView>> {
    const existing = new Set(await this.listTopics());
    const wanted = names.filter((name) => existing.has(name));
    if (wanted.length === 0) return new Map();
    const { topics } = await (await this.#connectedAdmin()).fetchTopicMetadata({ topics: wanted });
    return new Map(
      topics.map(({ name, partitions }) => {
        const views = partitions.map(({ partitionId, leader }) => ({
          partition: partitionId,
          leader,
          leaderEpoch: -1,
        }));
        return [name, { name, topicId: '', partitions: views.sort((a, b) => a.partition - b.partition) }];
      }),
    );
  }

  async listTopics(): Promise<readonly string[]> {
    return (await (await this.#connectedAdmin()).listTopics()).filter((name) => !name.startsWith('__'));
  }

  transactionVersion(): 1 | 2 {
    return 1;
  }

  fetcher(options: FetcherOptions): Fetcher {
    const resolve = (partition: TopicPartition, at: -1 | -2): Promise<number> => this.#resolve(partition, at);
    return new KafkajsFetcher(options, { cluster: this.#open(), clock: this.#options.clock, resolve });
  }

  group(options: GroupOptions): GroupMember {
    return new KafkajsGroupMember(options, {
      cluster: this.#open(),
      ...this.#options,
      describe: (topics) => this.topics(topics),
    });
  }

  producer(options: ProducerOptions = {}): RecordProducer {
    if (options.compression !== undefined && options.compression !== 'none' && options.compression !== 'gzip') {
      throw millraceError('MR_KAFKAJS_FAILED', {
        doing: 'making a producer',
        message: `compression ${options.compression} needs a plug-in; none and gzip work`,
      });
    }
    const producer = this.#kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
    return new KafkajsProducer(producer, options, async (names) => {
      const found = await this.topics(names);
      return new Map([...found].map(([name, { partitions }]) => [name, partitions.length]));
    });
  }

  transactionalProducer(): TransactionalProducer {
    throw millraceError('MR_KAFKAJS_EXACTLY_ONCE', {});
  }

  #open(): Cluster {
    const cluster = openCluster(this.#kafka);
    this.#clusters.push(cluster);
    return cluster;
  }

  #connectedAdmin(): Promise<KafkajsAdminApi> {
    this.#adminApi ??= (async () => {
      const admin = this.#kafka.admin();
      await admin.connect();
      return admin;
    })();
    return this.#adminApi;
  }

  async #resolve(partition: TopicPartition, at: -1 | -2): Promise<number> {
    const [found] = await this.admin.listOffsets([partition], at === -1 ? 'latest' : 'earliest', 'read_uncommitted');
    return found?.offset ?? 0;
  }
}
