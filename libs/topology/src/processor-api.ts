/** The Processor API, as its users see it (JVM: org.apache.kafka.streams.processor.api). Keys and values may be null where the topic allows it. */
import type { Duration } from '@millrace/base';
import type { Serde } from '@millrace/serde';

/** One header of a record. */
export interface RecordHeader {
  /** A key may stand more than once in a record. */
  readonly key: string;
  /** Its bytes, or null. */
  readonly value: Uint8Array | null;
}

/** Headers of a record, in their order; a key may stand more than once. */
export interface Headers extends Iterable<RecordHeader> {
  /** Puts one more at the end. */
  add(key: string, value: Uint8Array | null): this;
  /** Takes out all of a key. */
  remove(key: string): this;
  /** The last of a key. */
  lastHeader(key: string): RecordHeader | undefined;
}

/** A record between processors. It is never changed, its headers can be; `with…` gives a copy with its own headers. */
export interface ProcessorRecord<K, V> {
  /** The key; null where the topic has none. */
  readonly key: K;
  /** The value; null where the topic has none. */
  readonly value: V;
  /** Event time, ms. Never negative. */
  readonly timestamp: number;
  /** Its headers; they can be changed. */
  readonly headers: Headers;
  /** The record with another key. */
  withKey<K2>(key: K2): ProcessorRecord<K2, V>;
  /** The record with another value. */
  withValue<V2>(value: V2): ProcessorRecord<K, V2>;
  /** The record with another time, ms. */
  withTimestamp(timestamp: number): ProcessorRecord<K, V>;
  /** The record with other headers. */
  withHeaders(headers: Iterable<RecordHeader>): ProcessorRecord<K, V>;
}

/** A record whose key stays, and with it its partition. */
export interface FixedKeyRecord<K, V> {
  /** The key; null where the topic has none. */
  readonly key: K;
  /** The value; null where the topic has none. */
  readonly value: V;
  /** Event time, ms. Never negative. */
  readonly timestamp: number;
  /** Its headers; they can be changed. */
  readonly headers: Headers;
  /** The record with another value. */
  withValue<V2>(value: V2): FixedKeyRecord<K, V2>;
  /** The record with another time, ms. */
  withTimestamp(timestamp: number): FixedKeyRecord<K, V>;
  /** The record with other headers. */
  withHeaders(headers: Iterable<RecordHeader>): FixedKeyRecord<K, V>;
}

/** What may be forwarded: a record, or an object like one; without headers it has none. */
export interface ForwardedRecord<K, V> {
  /** May be null where the topic or the next step allows it. */
  readonly key: K;
  /** May be null where the topic or the next step allows it. */
  readonly value: V;
  /** Event time, ms. */
  readonly timestamp: number;
  /** None when absent. */
  readonly headers?: Iterable<RecordHeader>;
}

/** Where the record that is being processed came from. In `init` and in a punctuation there is none: the topic is null, partition and offset are -1. */
export interface RecordMetadata {
  /** The topic that it was read from. */
  readonly topic: string | null;
  /** Its partition. */
  readonly partition: number;
  /** Its offset in the partition. */
  readonly offset: number;
}

/** What a TopicNameExtractor is told about a record: where its cause came from, its time and its headers (JVM: RecordContext). */
export interface RecordContext extends RecordMetadata {
  /** ms */
  readonly timestamp: number;
  /** In their order. */
  readonly headers: readonly RecordHeader[];
}

/** The clock of a punctuation: event time, which stands still without records, or the wall clock. */
export type PunctuationType = 'streamTime' | 'wallClock';

/** What `schedule` gives. */
export interface Cancellable {
  /** The punctuation does not fire any more. Also from inside the punctuation. */
  cancel(): void;
}

/** Where a punctuation begins. */
export interface ScheduleOptions {
  /**
   * Time of the first punctuation, ms; later ones stand at whole intervals from it. By default stream-time punctuations begin at 0, those of
   * the wall clock one interval from now.
   */
  readonly startMs?: number;
}

/** What every processor may ask its task. */
export interface ProcessingContext {
  /** JVM: application.id */
  readonly applicationId: string;
  /** For instance `0_3`. */
  readonly taskId: string;
  /** The settings of the application, under the names that they have in code; in a test those that the driver was given. */
  readonly appConfigs: Readonly<Record<string, unknown>>;
  /** JVM: default.key.serde; undefined without one. */
  readonly keySerde: Serde<unknown> | undefined;
  /** JVM: default.value.serde; undefined without one. */
  readonly valueSerde: Serde<unknown> | undefined;
  /** Of the record that is being processed. */
  readonly recordMetadata: RecordMetadata;
  /** The greatest timestamp that the task has seen, ms; -1 before the first record. Throws MR_RUNTIME_GLOBAL_PROCESSOR in one that fills a global store. */
  readonly currentStreamTimeMs: number;
  /** Wall clock, ms. */
  readonly currentSystemTimeMs: number;
  /** Asks for a commit as soon as the thread comes to it, before `commit.interval.ms` is over; it is no commit yet. In one that fills a global store it does nothing. */
  commit(): void;
  /** A store that the processor is connected with, or a global one. Throws MR_RUNTIME_STORE_NOT_CONNECTED. */
  getStateStore<S>(store: StoreHandle<S>): S;
  getStateStore<S = unknown>(name: string): S;
  /**
   * Calls back at each `interval` of the clock; several intervals that were missed give one call. The callback gets the time of the clock, ms.
   * Throws MR_RUNTIME_GLOBAL_PROCESSOR in a processor that fills a global store.
   * @example context.schedule('10s', 'wallClock', (now) => context.forward({ key: 'tick', value: now, timestamp: now }));
   */
  schedule(
    interval: Duration,
    type: PunctuationType,
    punctuator: (timestamp: number) => void,
    options?: ScheduleOptions,
  ): Cancellable;
}

/** What a processor may ask its task, with the types that it forwards. */
export interface ProcessorContext<K, V> extends ProcessingContext {
  /** Gives a record to all children, or to the child of a name. Throws MR_RUNTIME_CHILD_UNKNOWN. */
  forward(record: ForwardedRecord<K, V>, childName?: string): void;
}

/** What a processor that keeps keys may ask its task. */
export interface FixedKeyProcessorContext<K, V> extends ProcessingContext {
  /** Gives a record to all children, or to the child of a name. Throws MR_RUNTIME_CHILD_UNKNOWN. */
  forward(record: FixedKeyRecord<K, V>, childName?: string): void;
}

/** Takes records one by one and forwards what it likes (JVM: Processor). Synchronous: it must not wait for anything. */
export interface Processor<KIn, VIn, KOut = never, VOut = never> {
  /** Before the first record, when the stores are there. */
  init?(context: ProcessorContext<KOut, VOut>): void;
  /** Once for each record. */
  process(record: ProcessorRecord<KIn, VIn>): void;
  /** The task ends. */
  close?(): void;
}

/** A processor that cannot change keys (JVM: FixedKeyProcessor). */
export interface FixedKeyProcessor<K, VIn, VOut> {
  /** Before the first record, when the stores are there. */
  init?(context: FixedKeyProcessorContext<K, VOut>): void;
  /** Once for each record. */
  process(record: FixedKeyRecord<K, VIn>): void;
  /** The task ends. */
  close?(): void;
}

/** Gives each value of a table another one, with stores and time at hand (JVM: ValueTransformerWithKey). */
export interface ValueTransformer<K, V, V2> {
  /** Before the first row, when the stores are there. */
  init?(context: ProcessingContext): void;
  /** The new value of a row; null deletes it. `value` is null for a row that is deleted. */
  transform(key: K, value: V | null): V2 | null;
  /** The task ends. */
  close?(): void;
}

/** The name of a store, with the type that it has for a processor: what `Stores` makes. */
export interface StoreHandle<S> {
  /** Name of the store. */
  readonly name: string;
  /** For the types alone; never there. */
  readonly access?: S;
}
