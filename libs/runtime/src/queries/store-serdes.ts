/** What turns keys and values of a store into bytes and back, outside of a task. */
import { millraceError } from '@millrace/base';
import { headersApart, type SchemaSource, type Serde } from '@millrace/serde';
import type { ReadRow } from '@millrace/state';
import { changelogTopicName, type Program, type RecordHeader, type StoreSpec } from '@millrace/topology';
import type { StreamsConfig } from '../settings/config.ts';

/** Takes a row apart; headers are there where the store keeps them. */
export type RowShape<T> = (
  row: ReadRow,
  key: () => unknown,
  value: () => unknown,
  headers: readonly RecordHeader[],
) => T;

/** Serdes to read a store with; those that are left out are the topology's. */
export interface QuerySerdes<K, V> {
  /** Of the keys; of windows and sessions of what is in them. */
  readonly key?: Serde<K>;
  /** Of the values. */
  readonly value?: Serde<V>;
}

export class StoreSerdes {
  readonly #store: string;
  readonly #topic: string;
  readonly #key: Serde<unknown>;
  readonly #value: Serde<unknown>;
  readonly #registry: SchemaSource | undefined;
  readonly #keepsHeaders: boolean;
  #opened: Promise<void> | undefined;

  constructor(
    program: Program,
    { name, keySerde, valueSerde, sourceTopic, keepsHeaders = false }: StoreSpec,
    { applicationId, defaultKeySerde, defaultValueSerde }: StreamsConfig,
    registry: SchemaSource | undefined,
    given: QuerySerdes<unknown, unknown>,
  ) {
    const found = (own: Serde<unknown> | undefined, ref: string | null, fallback: unknown): Serde<unknown> => {
      const serde = own ?? (ref === null ? fallback : program.serdes[ref]);
      if (serde === null || serde === undefined)
        throw millraceError('MR_RUNTIME_SERDE_MISSING', { where: `store ${name}` });
      return serde as Serde<unknown>;
    };
    this.#store = name;
    this.#topic = sourceTopic ?? changelogTopicName(applicationId, name);
    this.#key = found(given.key, keySerde, defaultKeySerde);
    this.#value = found(given.value, valueSerde, defaultValueSerde);
    this.#registry = registry;
    this.#keepsHeaders = keepsHeaders;
  }

  /** Throws MR_QUERY_KEY_MISSING for null. */
  async keyBytes(key: unknown): Promise<Uint8Array> {
    if (key === null || key === undefined) throw millraceError('MR_QUERY_KEY_MISSING', { store: this.#store });
    await this.#open();
    return this.#key.serialize(this.#topic, key);
  }

  async keyOf(bytes: Uint8Array): Promise<unknown> {
    await this.#open();
    const key = viewOf(bytes);
    await this.#key.prepare?.(this.#topic, key);
    return this.#key.deserialize(this.#topic, key);
  }

  /** Bytes that keys begin with. */
  prefixBytes(prefix: unknown, serde: Serde<unknown> | undefined): Uint8Array {
    return serde === undefined ? (prefix as Uint8Array) : serde.serialize(this.#topic, prefix);
  }

  /** Rows as a reader gets them. */
  async decoded<T>(rows: readonly ReadRow[], shape: RowShape<T>): Promise<T[]> {
    await this.#open();
    const found: T[] = [];
    for (const row of rows) {
      const [key, kept] = [viewOf(row.key), viewOf(row.value)];
      const { value, headers } = this.#keepsHeaders ? headersApart(this.#topic, kept) : { value: kept, headers: [] };
      const waits = [this.#key.prepare?.(this.#topic, key), this.#value.prepare?.(this.#topic, value)];
      for (const wait of waits) if (wait !== undefined) await wait;
      const keyOf = (): unknown => this.#key.deserialize(this.#topic, key);
      found.push(shape(row, keyOf, () => this.#value.deserialize(this.#topic, value), headers));
    }
    return found;
  }

  async #open(): Promise<void> {
    this.#opened ??= this.#openAll().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    await this.#opened;
  }

  async #openAll(): Promise<void> {
    const use = { topic: this.#topic, registry: this.#registry };
    await this.#key.open?.({ ...use, isKey: true });
    await this.#value.open?.({ ...use, isKey: false });
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
