/** What is known of brokers, topics and leaders. Knowledge of an older leader epoch never replaces newer one (KIP-320). */
import type { Address, PartitionView, TopicView } from '@millrace/ports';
import { errorCodes, type apis, type ResponseOf } from '@millrace/protocol';
import { brokerError } from './broker-error.ts';

type MetadataResponse = ResponseOf<typeof apis.Metadata>;
type TopicMetadata = MetadataResponse['topics'][number];

interface KnownTopic {
  readonly view: TopicView;
  readonly knownSinceMs: number;
}

/** A broker and where it listens. */
export interface BrokerNode extends Address {
  readonly node: number;
}

export class MetadataCache {
  readonly #nodes = new Map<number, BrokerNode>();
  readonly #topics = new Map<string, KnownTopic>();
  #controller = -1;

  get nodes(): readonly BrokerNode[] {
    return [...this.#nodes.values()];
  }

  get controller(): number {
    return this.#controller;
  }

  node(node: number): BrokerNode | undefined {
    return this.#nodes.get(node);
  }

  addNode(node: BrokerNode): void {
    this.#nodes.set(node.node, node);
  }

  /** A topic, unless what is known of it is older than `maxAgeMs`. */
  topic(name: string, nowMs: number, maxAgeMs = Infinity): TopicView | undefined {
    const known = this.#topics.get(name);
    return known !== undefined && nowMs - known.knownSinceMs < maxAgeMs ? known.view : undefined;
  }

  partition(topic: string, partition: number): PartitionView | undefined {
    const view = this.#topics.get(topic)?.view.partitions[partition];
    return view?.partition === partition ? view : undefined;
  }

  /** Takes an answer in. Throws when a topic may not be described; topics that do not exist are forgotten. */
  apply(response: MetadataResponse, nowMs: number, node: number): void {
    if (response.brokers.length > 0) {
      this.#nodes.clear();
      for (const { nodeId, host, port } of response.brokers) this.#nodes.set(nodeId, { node: nodeId, host, port });
    }
    this.#controller = response.controllerId;
    let refused: TopicMetadata | undefined;
    for (const topic of response.topics) {
      const { errorCode } = topic;
      if (errorCode === errorCodes.NONE || topic.partitions.length > 0) this.#keep(topic, nowMs);
      else if (errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) this.#topics.delete(topic.name ?? '');
      else if (errorCode !== errorCodes.LEADER_NOT_AVAILABLE) refused = topic;
    }
    if (refused === undefined) return;
    throw brokerError(refused.errorCode, { api: 'Metadata', node, about: `topic ${refused.name ?? refused.topicId}` });
  }

  #keep({ name, topicId, partitions }: TopicMetadata, nowMs: number): void {
    if (name === null) return;
    const old = this.#topics.get(name)?.view;
    const sameTopic = old?.topicId === topicId;
    const views = partitions
      .map(({ partitionIndex, leaderId, leaderEpoch }): PartitionView => {
        const known = sameTopic ? old.partitions[partitionIndex] : undefined;
        if (known !== undefined && leaderEpoch !== -1 && known.leaderEpoch > leaderEpoch) return known;
        return { partition: partitionIndex, leader: leaderId, leaderEpoch };
      })
      .sort((a, b) => a.partition - b.partition);
    this.#topics.set(name, { view: { name, topicId, partitions: views }, knownSinceMs: nowMs });
  }
}
