/** Topics of a driver with serdes (JVM: TestInputTopic, TestOutputTopic). */
import type { Buffer } from 'node:buffer';
import { millraceError } from '@millrace/base';
import type { Header } from '@millrace/ports';
import type { Serde } from '@millrace/serde';
import type { TopologyTestDriver } from './topology-test-driver.ts';

/** A record with its values. */
export interface TestRecord<K, V> {
  /** Null: the record has none. */
  readonly key: K | null;
  /** Null: a tombstone. */
  readonly value: V | null;
  /** Event time, ms. */
  readonly timestamp: number;
  /** In their order. */
  readonly headers: readonly Header[];
}

/** How keys and values of a topic become bytes. */
export interface TopicSerdes<K, V> {
  /** Of the keys. */
  readonly key: Serde<K>;
  /** Of the values. */
  readonly value: Serde<V>;
}

/** A topic that a test writes to. `TopologyTestDriver.createInputTopic` makes one. */
export class TestInputTopic<K, V> {
  readonly #driver: TopologyTestDriver;
  readonly #topic: string;
  readonly #serdes: TopicSerdes<K, V>;

  constructor(driver: TopologyTestDriver, topic: string, serdes: TopicSerdes<K, V>) {
    this.#driver = driver;
    this.#topic = topic;
    this.#serdes = serdes;
  }

  /** Writes a record and waits until it is processed. `timestamp` in ms. */
  pipeInput(key: K | null, value: V | null, timestamp = 0, headers: readonly Header[] = []): Promise<void> {
    const { key: keySerde, value: valueSerde } = this.#serdes;
    return this.#driver.pipe(this.#topic, {
      key: key === null ? null : keySerde.serialize(this.#topic, key),
      value: value === null ? null : valueSerde.serialize(this.#topic, value),
      timestamp,
      headers,
    });
  }
}

/** A topic that a test reads. `TopologyTestDriver.createOutputTopic` makes one. */
export class TestOutputTopic<K, V> {
  readonly #driver: TopologyTestDriver;
  readonly #topic: string;
  readonly #serdes: TopicSerdes<K, V>;
  /** Records of all topics that were looked at. */
  #seen = 0;

  constructor(driver: TopologyTestDriver, topic: string, serdes: TopicSerdes<K, V>) {
    this.#driver = driver;
    this.#topic = topic;
    this.#serdes = serdes;
  }

  /** Whether everything was read. */
  get isEmpty(): boolean {
    return this.#next() === undefined;
  }

  /** The next record. Throws MR_TEST_TOPIC_EMPTY when there is none. */
  readRecord(): TestRecord<K, V> {
    const at = this.#next();
    if (at === undefined) throw millraceError('MR_TEST_TOPIC_EMPTY', { topic: this.#topic });
    this.#seen = at + 1;
    const record = this.#driver.produced[at];
    const { key, value } = this.#serdes;
    return {
      key: read(key, this.#topic, record?.key),
      value: read(value, this.#topic, record?.value),
      timestamp: record?.timestamp ?? -1,
      headers: record?.headers ?? [],
    };
  }

  /** All records that were not read yet. */
  readRecordsToList(): TestRecord<K, V>[] {
    const records: TestRecord<K, V>[] = [];
    while (!this.isEmpty) records.push(this.readRecord());
    return records;
  }

  #next(): number | undefined {
    const { produced } = this.#driver;
    const at = produced.findIndex(({ topic }, i) => i >= this.#seen && topic === this.#topic);
    return at < 0 ? undefined : at;
  }
}

function read<T>(serde: Serde<T>, topic: string, bytes: Buffer | null | undefined): T | null {
  return bytes === null || bytes === undefined ? null : serde.deserialize(topic, bytes);
}
