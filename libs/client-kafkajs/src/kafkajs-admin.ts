import type {
  Admin,
  CommittedOffset,
  GroupDescription,
  IsolationLevel,
  NewTopic,
  PartitionOffset,
  TopicPartition,
} from '@millrace/ports';
import kafkajs, { type Admin as KafkajsAdminApi } from 'kafkajs';
import { translated } from './cluster.ts';

// Node finds no names past the seventh in this CommonJS package.
const { ConfigResourceTypes } = kafkajs;

/** Administration over kafkajs' admin client. */
export class KafkajsAdmin implements Admin {
  readonly #connect: () => Promise<KafkajsAdminApi>;

  constructor(connect: () => Promise<KafkajsAdminApi>) {
    this.#connect = connect;
  }

  createTopics(topics: readonly NewTopic[]): Promise<readonly string[]> {
    return this.#call('creating topics', async (admin) => {
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter(({ name }) => !existing.has(name));
      if (missing.length === 0) return [];
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(({ name, partitions, replicationFactor, configs = {} }) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor,
          configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        })),
      });
      return missing.map(({ name }) => name);
    });
  }

  deleteTopics(names: readonly string[]): Promise<void> {
    return this.#call('deleting topics', (admin) => admin.deleteTopics({ topics: [...names] }));
  }

  topicConfigs(names: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    return this.#call('describing topics', async (admin) => {
      const resources = names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name }));
      const described = await admin.describeConfigs({ resources, includeSynonyms: false });
      return new Map(
        described.resources.map(({ resourceName, configEntries }) => [resourceName, entriesOf(configEntries)]),
      );
    });
  }

  alterTopicConfigs(name: string, configs: Readonly<Record<string, string | null>>): Promise<void> {
    return this.#call(`altering ${name}`, async (admin) => {
      const current = (await this.topicConfigs([name])).get(name) ?? new Map<string, string>();
      const wanted = new Map(
        [...current, ...Object.entries(configs)].filter((entry): entry is [string, string] => entry[1] !== null),
      );
      const configEntries = [...wanted].map(([key, value]) => ({ name: key, value }));
      await admin.alterConfigs({
        validateOnly: false,
        resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }],
      });
    });
  }

  brokerConfigs(): Promise<ReadonlyMap<string, string>> {
    return this.#call('describing the broker', async (admin) => {
      const { controller, brokers } = await admin.describeCluster();
      const name = String(controller ?? brokers[0]?.nodeId ?? 0);
      const described = await admin.describeConfigs({
        resources: [{ type: ConfigResourceTypes.BROKER, name }],
        includeSynonyms: false,
      });
      return entriesOf(described.resources[0]?.configEntries ?? []);
    });
  }

  /** kafkajs lists high watermarks only; for read_committed that is an upper bound of the last stable offset. */
  listOffsets(
    partitions: readonly TopicPartition[],
    at: 'earliest' | 'latest' | { readonly timestamp: number },
    _isolation: IsolationLevel,
  ): Promise<readonly PartitionOffset[]> {
    return this.#call('listing offsets', async (admin) => {
      const found: PartitionOffset[] = [];
      for (const topic of new Set(partitions.map((partition) => partition.topic))) {
        const wanted = new Set(partitions.filter((one) => one.topic === topic).map(({ partition }) => partition));
        const listed =
          typeof at === 'object'
            ? await admin.fetchTopicOffsetsByTimestamp(topic, at.timestamp)
            : await admin.fetchTopicOffsets(topic);
        for (const { partition, ...offsets } of listed) {
          if (!wanted.has(partition)) continue;
          const text = at === 'earliest' && 'low' in offsets ? String(offsets.low) : offsets.offset;
          found.push({ topic, partition, offset: Number(text), timestamp: -1 });
        }
      }
      return found;
    });
  }

  deleteRecords(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    return this.#call('deleting records', async (admin) => {
      for (const topic of new Set(offsets.map((one) => one.topic))) {
        const partitions = offsets
          .filter((one) => one.topic === topic)
          .map(({ partition, offset }) => ({ partition, offset: String(offset) }));
        await admin.deleteTopicRecords({ topic, partitions });
      }
    });
  }

  groupOffsets(groupId: string, partitions?: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    return this.#call(`reading the offsets of ${groupId}`, async (admin) => {
      const topics = partitions === undefined ? undefined : [...new Set(partitions.map(({ topic }) => topic))];
      const listed = await admin.fetchOffsets({ groupId, ...(topics ? { topics } : {}) });
      return listed.flatMap(({ topic, partitions: found }) =>
        found
          .map(({ partition, offset, metadata }) => ({
            topic,
            partition,
            offset: Number(offset),
            metadata: metadata ?? '',
          }))
          .filter(({ offset }) => offset >= 0),
      );
    });
  }

  describeGroup(groupId: string): Promise<GroupDescription> {
    return this.#call(`describing ${groupId}`, async (admin) => {
      const { groups } = await admin.describeGroups([groupId]);
      const isConsumer = groups[0]?.protocolType === 'consumer';
      const members = (groups[0]?.members ?? []).map(({ memberId, clientId, clientHost, memberMetadata }) => {
        const told =
          isConsumer && memberMetadata.length > 0
            ? kafkajs.AssignerProtocol.MemberMetadata.decode(memberMetadata)
            : null;
        return { memberId, clientId, clientHost, userData: told?.userData ?? Buffer.alloc(0) };
      });
      return { groupId, state: groups[0]?.state ?? 'Dead', protocol: groups[0]?.protocol ?? '', members };
    });
  }

  deleteGroup(groupId: string): Promise<void> {
    return this.#call(`deleting ${groupId}`, async (admin) => void (await admin.deleteGroups([groupId])));
  }

  async #call<T>(doing: string, run: (admin: KafkajsAdminApi) => Promise<T>): Promise<T> {
    try {
      return await run(await this.#connect());
    } catch (error) {
      throw translated(error, doing);
    }
  }
}

function entriesOf(entries: readonly { configName: string; configValue: string }[]): Map<string, string> {
  return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
}
