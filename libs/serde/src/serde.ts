/** What a serde may need before records flow. The schema registry port fits `SchemaSource`. */
export interface SchemaSource {
  /** The schema text of an id. */
  schemaById(id: number): Promise<string>;
  /** Registers a schema under a subject, or finds it there; gives its id. */
  register(subject: string, schema: string): Promise<number>;
  /** The id that a schema has in a subject, undefined when it is not there. */
  idOf(subject: string, schema: string): Promise<number | undefined>;
  /** The newest schema of a subject, undefined when there is none. */
  latest(
    subject: string,
  ): Promise<{ readonly id: number; readonly version: number; readonly schema: string } | undefined>;
}

/** Where a serde is used. Topics of the application itself are given with their full name. */
export interface SerdeUse {
  /** The topic that is read or written. */
  readonly topic: string;
  /** Whether it is for the keys of the topic. */
  readonly isKey: boolean;
  /** Undefined when no registry is configured. */
  readonly registry: SchemaSource | undefined;
}

/**
 * Turns values into bytes and back, synchronously: it runs once or twice a record. What must be fetched is fetched
 * by `open` (once a use) and `prepare` (once a batch edge, for ids not seen before).
 * Null is no matter of a serde: a null key or value is null bytes, and neither method is called for it.
 */
export interface Serde<T> {
  /** Stable and printable, such as `string` or `avro:Post`; topologies show it. */
  readonly name: string;
  /** The bytes of a value. Throws MR_SERDE_UNSUITABLE for one that it cannot write. The caller does not change them. */
  serialize(topic: string, value: T): Uint8Array;
  /** Throws MR_SERDE_… with severity `record` for bytes it cannot read. May keep views of `bytes`. */
  deserialize(topic: string, bytes: Buffer): T;
  /** Called once for each topic and side before records flow; rejects `retriable` while the registry is away. */
  open?(use: SerdeUse): Promise<void>;
  /** A promise when something must be fetched before `deserialize(topic, bytes)` can run, else undefined. */
  prepare?(topic: string, bytes: Buffer): Promise<void> | undefined;
  /**
   * A primitive for a value, equal for two values exactly when their bytes are: stores find rows by it without serializing. A value that
   * `serialize` refuses may get one; it finds nothing.
   */
  mapKey?(topic: string, value: T): string | number;
  /** Where all values have as many bytes and Kafka's list serializer knows it: short, integer, long, float, double, uuid. */
  readonly sizeBytes?: number;
  /** For windowed serdes: the bytes of the inner key, which decide the partition (as WindowedStreamPartitioner does). */
  partitionBytes?(topic: string, value: T): Uint8Array;
}
