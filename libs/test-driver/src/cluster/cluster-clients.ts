/** Topics of a test cluster with serdes: a producer of its own writes, the committed log is read. */
import type { Header } from '@millrace/ports';
import { partitionForKey } from '@millrace/protocol';
import type { CommittedRecord } from '@millrace/testing';
import type { TestRecord, TopicSerdes } from '../test-topics.ts';

/** What the topics need of their cluster. */
export interface ClusterAccess {
  /** Virtual wall-clock time, ms. */
  now(): number;
  partitionCount(topic: string): number;
  send(topic: string, partition: number, record: SentRecord): Promise<void>;
  /** Committed records by partition. */
  committed(topic: string): readonly (readonly CommittedRecord[])[];
}

/** A record on its way. */
export interface SentRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestamp: number;
  readonly headers: readonly Header[];
}

/** A topic of a test cluster to write to. */
export class ClusterInputTopic<K, V> {
  readonly #cluster: ClusterAccess;
  readonly #topic: string;
  readonly #serdes: TopicSerdes<K, V>;

  /** Use `TopologyTestCluster.createInputTopic`. */
  constructor(cluster: ClusterAccess, topic: string, serdes: TopicSerdes<K, V>) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#serdes = serdes;
  }

  /**
   * Writes a record into the partition of its key and waits until the broker has it; whether it is processed then is another matter: see
   * `TopologyTestCluster.settle`. `timestamp` in ms; without one it is the virtual time.
   */
  async pipeInput(
    key: K | null,
    value: V | null,
    timestamp = this.#cluster.now(),
    headers: readonly Header[] = [],
  ): Promise<void> {
    const { key: keySerde, value: valueSerde } = this.#serdes;
    const keyBytes = key === null ? null : keySerde.serialize(this.#topic, key);
    const valueBytes = value === null ? null : valueSerde.serialize(this.#topic, value);
    const count = this.#cluster.partitionCount(this.#topic);
    const partition = keyBytes === null ? 0 : partitionForKey(keyBytes, count);
    await this.#cluster.send(this.#topic, partition, { key: keyBytes, value: valueBytes, timestamp, headers });
  }
}

/** A topic of a test cluster to read from: what is committed, as a `read_committed` consumer gets it. */
export class ClusterOutputTopic<K, V> {
  readonly #cluster: ClusterAccess;
  readonly #topic: string;
  readonly #serdes: TopicSerdes<K, V>;
  /** The next offset by partition. */
  readonly #positions: number[] = [];

  /** Use `TopologyTestCluster.createOutputTopic`. */
  constructor(cluster: ClusterAccess, topic: string, serdes: TopicSerdes<K, V>) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.#serdes = serdes;
  }

  /** All committed records that were not read yet, partition by partition; between partitions there is no order. */
  readRecordsToList(): TestRecord<K, V>[] {
    return this.#cluster.committed(this.#topic).flatMap((records, partition) => {
      const from = this.#positions[partition] ?? 0;
      const found = records.filter(({ offset }) => offset >= from);
      this.#positions[partition] = (found.at(-1)?.offset ?? from - 1) + 1;
      return found.map((record) => this.#decoded(record));
    });
  }

  /** The last committed value of each key, whether it was read or not; keys as their serde gives them, deleted ones are left out. */
  readLastValues(): ReadonlyMap<K, V> {
    const last = new Map<string, TestRecord<K, V>>();
    for (const record of this.#cluster.committed(this.#topic).flat())
      last.set(String(record.key?.toString('hex')), this.#decoded(record));
    return new Map(
      [...last.values()].flatMap(({ key, value }) => (value === null ? [] : [[key as K, value] as const])),
    );
  }

  #decoded({ key, value, timestamp, headers = [] }: CommittedRecord): TestRecord<K, V> {
    return {
      key: key === null ? null : this.#serdes.key.deserialize(this.#topic, key),
      value: value === null ? null : this.#serdes.value.deserialize(this.#topic, value),
      timestamp,
      headers,
    };
  }
}
