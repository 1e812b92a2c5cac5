/** Topics of a driver with serdes (JVM: TestInputTopic, TestOutputTopic). */
import type { Buffer } from 'node:buffer';
import { durationMs, millraceError, type Duration } from '@millrace/base';
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

/** A record to write: a TestRecord, or one that has its time from the topic and no headers. */
export type InputTestRecord<K, V> = Pick<TestRecord<K, V>, 'key' | 'value'> & Partial<TestRecord<K, V>>;

/** How keys and values of a topic become bytes. */
export interface TopicSerdes<K, V> {
  /** Of the keys. */
  readonly key: Serde<K>;
  /** Of the values. */
  readonly value: Serde<V>;
}

/** The time of records that are given none. */
export interface InputTopicOptions {
  /** Of the first such record, ms. @default the wall clock of the driver when the topic is made */
  readonly startMs?: number;
  /** How far the time moves behind each such record. @default 0 */
  readonly autoAdvance?: Duration;
}

/** A topic that a test writes to. `TopologyTestDriver.createInputTopic` makes one. */
export class TestInputTopic<K, V> {
  readonly #driver: TopologyTestDriver;
  readonly #topic: string;
  readonly #serdes: TopicSerdes<K, V>;

  /** Undefined: its serdes need nothing. */
  readonly #opened: Promise<unknown> | undefined;
  readonly #advanceMs: number;
  #timeMs: number;

  constructor(
    driver: TopologyTestDriver,
    topic: string,
    serdes: TopicSerdes<K, V>,
    { startMs = driver.nowMs, autoAdvance = 0 }: InputTopicOptions = {},
    opened?: Promise<unknown>,
  ) {
    this.#driver = driver;
    this.#topic = topic;
    this.#serdes = serdes;
    this.#opened = opened;
    this.#timeMs = startMs;
    this.#advanceMs = durationMs(autoAdvance);
  }

  /** Moves the time of records that are given none. */
  advanceTime(by: Duration): void {
    this.#timeMs += durationMs(by);
  }

  /** Writes records one after another, each with its key: with the times of the topic, or from `startMs` on, `advance` after each other. */
  async pipeKeyValueList(
    records: Iterable<readonly [key: K | null, value: V | null]>,
    startMs?: number,
    advance: Duration = 0,
  ): Promise<void> {
    const advanceMs = durationMs(advance);
    let timeMs = startMs;
    for (const [key, value] of records) {
      await this.pipeInput(key, value, timeMs);
      if (timeMs !== undefined) timeMs += advanceMs;
    }
  }

  /** As `pipeKeyValueList`, without keys. */
  async pipeValueList(values: Iterable<V | null>, startMs?: number, advance: Duration = 0): Promise<void> {
    const records = Array.from(values, (value) => [null, value] as const);
    await this.pipeKeyValueList(records, startMs, advance);
  }

  /** Writes records one after another, with their times and headers; those without a time have that of the topic. */
  async pipeRecordList(records: Iterable<InputTestRecord<K, V>>): Promise<void> {
    for (const { key, value, timestamp, headers } of records) await this.pipeInput(key, value, timestamp, headers);
  }

  /** Writes a record and waits until it is processed. `timestamp` in ms; without one it has the time of the topic, which then moves on. */
  async pipeInput(
    key: K | null,
    value: V | null,
    timestamp = this.#next(),
    headers: readonly Header[] = [],
  ): Promise<void> {
    await this.#opened;
    const { key: keySerde, value: valueSerde } = this.#serdes;
    return this.#driver.pipe(this.#topic, {
      key: key === null ? null : keySerde.serialize(this.#topic, key),
      value: value === null ? null : valueSerde.serialize(this.#topic, value),
      timestamp,
      headers,
    });
  }

  #next(): number {
    const timeMs = this.#timeMs;
    this.#timeMs += this.#advanceMs;
    return timeMs;
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

  /** The value of the next record. Throws MR_TEST_TOPIC_EMPTY. */
  readValue(): V | null {
    return this.readRecord().value;
  }

  /** Key and value of the next record. Throws MR_TEST_TOPIC_EMPTY. */
  readKeyValue(): readonly [key: K | null, value: V | null] {
    const { key, value } = this.readRecord();
    return [key, value];
  }

  /** Values of all records that were not read yet. */
  readValuesToList(): (V | null)[] {
    return this.readRecordsToList().map(({ value }) => value);
  }

  /** Keys and values of all records that were not read yet. */
  readKeyValuesToList(): (readonly [key: K | null, value: V | null])[] {
    return this.readRecordsToList().map(({ key, value }) => [key, value] as const);
  }

  /** The last value of each key in the records that were not read yet; keys are compared as a Map does. Throws MR_TEST_KEY_NULL for one without (JVM). */
  readKeyValuesToMap(): Map<K, V | null> {
    return new Map(
      this.readKeyValuesToList().map(([key, value]) => {
        if (key === null) throw millraceError('MR_TEST_KEY_NULL', { topic: this.#topic });
        return [key, value];
      }),
    );
  }

  /** How many records were not read yet. */
  get queueSize(): number {
    const { produced } = this.#driver;
    return produced.filter(({ topic }, i) => i >= this.#seen && topic === this.#topic).length;
  }

  /** Where the next record lies; what was looked at once is not looked at again. */
  #next(): number | undefined {
    const { produced } = this.#driver;
    while (this.#seen < produced.length && produced[this.#seen]?.topic !== this.#topic) this.#seen++;
    return this.#seen < produced.length ? this.#seen : undefined;
  }
}

function read<T>(serde: Serde<T>, topic: string, bytes: Buffer | null | undefined): T | null {
  return bytes === null || bytes === undefined ? null : serde.deserialize(topic, bytes);
}
