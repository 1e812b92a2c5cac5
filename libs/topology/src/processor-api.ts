/** The Processor API, as its users see it (JVM: org.apache.kafka.streams.processor.api). Keys and values may be null where the topic allows it. */
import type { Duration } from '@millrace/base';

export interface RecordHeader {
  readonly key: string;
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
  readonly key: K;
  readonly value: V;
  /** Event time, ms. Never negative. */
  readonly timestamp: number;
  readonly headers: Headers;
  withKey<K2>(key: K2): ProcessorRecord<K2, V>;
  withValue<V2>(value: V2): ProcessorRecord<K, V2>;
  withTimestamp(timestamp: number): ProcessorRecord<K, V>;
  withHeaders(headers: Iterable<RecordHeader>): ProcessorRecord<K, V>;
}

/** A record whose key stays, and with it its partition. */
export interface FixedKeyRecord<K, V> {
  readonly key: K;
  readonly value: V;
  readonly timestamp: number;
  readonly headers: Headers;
  withValue<V2>(value: V2): FixedKeyRecord<K, V2>;
  withTimestamp(timestamp: number): FixedKeyRecord<K, V>;
  withHeaders(headers: Iterable<RecordHeader>): FixedKeyRecord<K, V>;
}

/** What may be forwarded: a record, or an object like one; without headers it has none. */
export interface ForwardedRecord<K, V> {
  readonly key: K;
  readonly value: V;
  readonly timestamp: number;
  readonly headers?: Iterable<RecordHeader>;
}

/** Where the record that is being processed came from. In a punctuation there is none: the topic is null, partition and offset are -1. */
export interface RecordMetadata {
  readonly topic: string | null;
  readonly partition: number;
  readonly offset: number;
}

/** What a TopicNameExtractor is told about a record: where its cause came from, its time and its headers (JVM: RecordContext). */
export interface RecordContext extends RecordMetadata {
  /** ms */
  readonly timestamp: number;
  readonly headers: readonly RecordHeader[];
}

/** The clock of a punctuation: event time, which stands still without records, or the wall clock. */
export type PunctuationType = 'streamTime' | 'wallClock';

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
  /** Undefined before the first record. */
  readonly recordMetadata: RecordMetadata | undefined;
  /** The greatest timestamp that the task has seen, ms; -1 before the first record. */
  readonly currentStreamTimeMs: number;
  /** Wall clock, ms. */
  readonly currentSystemTimeMs: number;
  /** A store that the processor is connected with, or a global one. Throws MR_RUNTIME_STORE_NOT_CONNECTED. */
  getStateStore<S>(store: StoreHandle<S>): S;
  getStateStore<S = unknown>(name: string): S;
  /**
   * Calls back at each `interval` of the clock; several intervals that were missed give one call. The callback gets the time of the clock, ms.
   * @example context.schedule('10s', 'wallClock', (now) => context.forward({ key: 'tick', value: now, timestamp: now }));
   */
  schedule(
    interval: Duration,
    type: PunctuationType,
    punctuator: (timestamp: number) => void,
    options?: ScheduleOptions,
  ): Cancellable;
}

export interface ProcessorContext<K, V> extends ProcessingContext {
  /** Gives a record to all children, or to the child of a name. Throws MR_RUNTIME_CHILD_UNKNOWN. */
  forward(record: ForwardedRecord<K, V>, childName?: string): void;
}

export interface FixedKeyProcessorContext<K, V> extends ProcessingContext {
  forward(record: FixedKeyRecord<K, V>, childName?: string): void;
}

/** Takes records one by one and forwards what it likes (JVM: Processor). Synchronous: it must not wait for anything. */
export interface Processor<KIn, VIn, KOut = never, VOut = never> {
  /** Before the first record, when the stores are there. */
  init?(context: ProcessorContext<KOut, VOut>): void;
  process(record: ProcessorRecord<KIn, VIn>): void;
  /** The task ends. */
  close?(): void;
}

/** A processor that cannot change keys (JVM: FixedKeyProcessor). */
export interface FixedKeyProcessor<K, VIn, VOut> {
  init?(context: FixedKeyProcessorContext<K, VOut>): void;
  process(record: FixedKeyRecord<K, VIn>): void;
  close?(): void;
}

/** Gives each value of a table another one, with stores and time at hand (JVM: ValueTransformerWithKey). */
export interface ValueTransformer<K, V, V2> {
  init?(context: ProcessingContext): void;
  transform(key: K, value: V | null): V2 | null;
  close?(): void;
}

/** The name of a store, with the type that it has for a processor: what `Stores` makes. */
export interface StoreHandle<S> {
  readonly name: string;
  /** For the types alone; never there. */
  readonly access?: S;
}
