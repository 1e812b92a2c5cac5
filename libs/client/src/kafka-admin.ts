/** Administration of topics, offsets and groups. Every operation is repeated until it has an answer: all of them may be. */
import { millraceError, type MillraceError } from '@millrace/base';
import {
  earliestOffset,
  latestOffset,
  type Admin,
  type CommittedOffset,
  type GroupDescription,
  type IsolationLevel,
  type NewTopic,
  type PartitionOffset,
  type TopicPartition,
} from '@millrace/ports';
import { apis, errorCodes, type Api } from '@millrace/protocol';
import { isRetriable } from './backoff.ts';
import type { Body, RequestOptions } from './broker-connection.ts';
import { brokerError, isCoordinatorMoved, throwOnError } from './broker-error.ts';
import type { Answered, Cluster } from './cluster.ts';
import { CommittedOffsets } from './committed-offsets.ts';
import { decodeSubscription } from './consumer-protocol.ts';
import { atLeaders } from './leaders.ts';
import { listOffsetsAt } from './list-offsets.ts';
import { byTopic, partitionName } from './topic-partitions.ts';

const resourceTypes = { topic: 2, broker: 4 } as const;
const setOperation = 0;
const deleteOperation = 1;
const lane = 'admin';

export class KafkaAdmin implements Admin {
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async createTopics(topics: readonly NewTopic[]): Promise<readonly string[]> {
    if (topics.length === 0) return [];
    const created: string[] = [];
    const wanted = topics.map(({ name, partitions, replicationFactor, configs = {} }) => ({
      name,
      numPartitions: partitions,
      replicationFactor,
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }));
    let left = wanted;
    await this.#retrying(async () => {
      const body = { topics: left, timeoutMs: this.#cluster.settings.requestTimeoutMs };
      const { answer, node } = await this.#onController(apis.CreateTopics, body, { minVersion: 4 });
      let last: MillraceError | undefined;
      for (const { name, errorCode, errorMessage } of answer.topics) {
        if (errorCode === errorCodes.NONE) created.push(name);
        else if (errorCode !== errorCodes.TOPIC_ALREADY_EXISTS) {
          last = brokerError(errorCode, { api: 'CreateTopics', node, about: aboutTopic(name, errorMessage) });
          if (!isRetriable(last)) throw last;
          continue;
        }
        left = left.filter((topic) => topic.name !== name);
      }
      if (last !== undefined) throw last;
    });
    await this.#retrying(() => this.#leadersKnown(topics.map(({ name }) => name)));
    return created;
  }

  async deleteTopics(names: readonly string[]): Promise<void> {
    let left = [...names];
    if (left.length === 0) return;
    await this.#retrying(async () => {
      const timeoutMs = this.#cluster.settings.requestTimeoutMs;
      const body = (version: number) =>
        version >= 6 ? { topics: left.map((name) => ({ name })), timeoutMs } : { topicNames: left, timeoutMs };
      const { answer, node } = await this.#onController(apis.DeleteTopics, body);
      for (const { name, errorCode, errorMessage } of answer.responses) {
        if (errorCode !== errorCodes.UNKNOWN_TOPIC_OR_PARTITION) {
          throwOnError(errorCode, { api: 'DeleteTopics', node, about: aboutTopic(name ?? '', errorMessage) });
        }
        left = left.filter((topic) => topic !== name);
      }
    });
    await this.#retrying(() => this.#cluster.refresh(names));
  }

  async topicConfigs(names: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    const resources = names.map((resourceName) => ({
      resourceType: resourceTypes.topic,
      resourceName,
      configurationKeys: null,
    }));
    const found = new Map<string, ReadonlyMap<string, string>>();
    if (names.length === 0) return found;
    const { answer, node } = await this.#retrying(() => this.#cluster.callAny(apis.DescribeConfigs, { resources }));
    for (const { resourceName, errorCode, errorMessage, configs } of answer.results) {
      throwOnError(errorCode, { api: 'DescribeConfigs', node, about: aboutTopic(resourceName, errorMessage) });
      found.set(resourceName, valuesOf(configs));
    }
    return found;
  }

  async alterTopicConfigs(name: string, configs: Readonly<Record<string, string | null>>): Promise<void> {
    const changes = Object.entries(configs).map(([key, value]) => ({
      name: key,
      configOperation: value === null ? deleteOperation : setOperation,
      value,
    }));
    const resources = [{ resourceType: resourceTypes.topic, resourceName: name, configs: changes }];
    await this.#retrying(async () => {
      const { answer, node } = await this.#onController(apis.IncrementalAlterConfigs, { resources });
      for (const { errorCode, errorMessage } of answer.responses) {
        throwOnError(errorCode, { api: 'IncrementalAlterConfigs', node, about: aboutTopic(name, errorMessage) });
      }
    });
  }

  brokerConfigs(): Promise<ReadonlyMap<string, string>> {
    return this.#retrying(async () => {
      await this.#cluster.refresh([]);
      const node = this.#cluster.metadata.nodes[0]?.node ?? 0;
      const resourceName = String(node);
      const resources = [{ resourceType: resourceTypes.broker, resourceName, configurationKeys: null }];
      const answer = await this.#cluster.call(node, lane, apis.DescribeConfigs, { resources });
      const configs = new Map<string, string>();
      for (const result of answer.results) {
        throwOnError(result.errorCode, { api: 'DescribeConfigs', node, about: `broker ${node}` });
        for (const [key, value] of valuesOf(result.configs)) configs.set(key, value);
      }
      return configs;
    });
  }

  async listOffsets(
    partitions: readonly TopicPartition[],
    at: 'earliest' | 'latest' | { readonly timestamp: number },
    isolation: IsolationLevel,
  ): Promise<readonly PartitionOffset[]> {
    const timestamp = at === 'earliest' ? earliestOffset : at === 'latest' ? latestOffset : at.timestamp;
    const listed: PartitionOffset[] = [];
    await atLeaders(this.#cluster, partitions, async (node, own, answered) => {
      const queries = own.map(({ topic, partition }) => ({ topic, partition, timestamp }));
      const { found, refused } = await listOffsetsAt(this.#cluster, node, lane, queries, isolation);
      for (const one of found) {
        listed.push(one);
        answered(one);
      }
      for (const { error } of refused) throw error;
    });
    return listed;
  }

  async deleteRecords(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    await atLeaders(this.#cluster, offsets, async (node, own, answered) => {
      const topics = byTopic(own).map(([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, offset }) => ({ partitionIndex: partition, offset })),
      }));
      const body = { topics, timeoutMs: this.#cluster.settings.requestTimeoutMs };
      const answer = await this.#cluster.call(node, lane, apis.DeleteRecords, body);
      for (const { name: topic, partitions } of answer.topics) {
        for (const { partitionIndex: partition, errorCode } of partitions) {
          throwOnError(errorCode, { api: 'DeleteRecords', node, about: partitionName({ topic, partition }) });
          answered({ topic, partition });
        }
      }
    });
  }

  groupOffsets(groupId: string, partitions?: readonly TopicPartition[]): Promise<readonly CommittedOffset[]> {
    const coordinator = this.#cluster.coordinator('group', groupId, lane);
    const offsets = new CommittedOffsets(this.#cluster, coordinator, groupId, this.#cluster.lifetime);
    return offsets.fetch(partitions ?? null, false);
  }

  async describeGroup(groupId: string): Promise<GroupDescription> {
    const answer = await this.#atCoordinator(groupId, apis.DescribeGroups, { groups: [groupId] }, ({ groups }) =>
      groups[0]?.errorCode === errorCodes.GROUP_ID_NOT_FOUND ? 0 : (groups[0]?.errorCode ?? 0),
    );
    const group = answer.groups[0];
    const isConsumer = group?.protocolType === 'consumer';
    const members = (group?.members ?? []).map(({ memberId, clientId, clientHost, memberMetadata }) => {
      const hasTold = isConsumer && memberMetadata.length > 0;
      const userData = hasTold ? decodeSubscription(memberMetadata).userData : Buffer.alloc(0);
      return { memberId, clientId, clientHost, userData };
    });
    const state = group === undefined || group.errorCode !== 0 ? 'Dead' : group.groupState;
    return { groupId, state, protocol: group?.protocolData ?? '', members };
  }

  async deleteGroup(groupId: string): Promise<void> {
    await this.#atCoordinator(groupId, apis.DeleteGroups, { groupsNames: [groupId] }, ({ results }) => {
      const code = results[0]?.errorCode ?? 0;
      return code === errorCodes.GROUP_ID_NOT_FOUND ? 0 : code;
    });
  }

  #retrying<T>(run: () => Promise<T>): Promise<T> {
    return this.#cluster.retrying(run);
  }

  /** Old clusters take changes at their controller only; newer ones name any broker and forward. */
  async #onController<Req, Res>(api: Api<Req, Res>, body: Body<Req>, options?: RequestOptions): Promise<Answered<Res>> {
    const { controller } = this.#cluster.metadata;
    if (this.#cluster.metadata.node(controller) === undefined) return this.#cluster.callAny(api, body, options);
    try {
      return { answer: await this.#cluster.call(controller, lane, api, body, options), node: controller };
    } catch (error) {
      await this.#cluster.refresh([]);
      throw error;
    }
  }

  async #leadersKnown(names: readonly string[]): Promise<void> {
    const views = await this.#cluster.describe(names, 0);
    const waiting = names.filter((name) => views.get(name)?.partitions.every(({ leader }) => leader >= 0) !== true);
    if (waiting.length === 0) return;
    const about = `topic ${waiting.join(', ')}`;
    throw millraceError('MR_CLIENT_BROKER_RETRIABLE', {
      api: 'Metadata',
      error: 'LEADER_NOT_AVAILABLE',
      about,
      node: this.#cluster.metadata.controller,
    });
  }

  async #atCoordinator<Req, Res>(
    groupId: string,
    api: Api<Req, Res>,
    body: Body<Req>,
    codeOf: (answer: Res) => number,
  ): Promise<Res> {
    const coordinator = this.#cluster.coordinator('group', groupId, lane);
    return this.#retrying(async () => {
      const { answer, node } = await coordinator.call(api, body);
      const code = codeOf(answer);
      if (isCoordinatorMoved(code)) coordinator.forget();
      throwOnError(code, { api: api.name, node, about: coordinator.about });
      return answer;
    });
  }
}

function aboutTopic(name: string, message: string | null): string {
  return message === null || message === '' ? `topic ${name}` : `topic ${name} (${message})`;
}

function valuesOf(configs: readonly { readonly name: string; readonly value: string | null }[]): Map<string, string> {
  return new Map(configs.flatMap(({ name, value }): [string, string][] => (value === null ? [] : [[name, value]])));
}
