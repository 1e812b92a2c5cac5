/**
 * Serdes of a driver's test topics that need a schema registry: they are opened before the first record, and what they need to read a record is fetched
 * as soon as it is written, for a test reads at once.
 */
import type { SchemaSource, Serde } from '@millrace/serde';
import type { ProducedRecord } from './driver-output.ts';
import type { TopicSerdes } from './test-topics.ts';

type AnySerde = Serde<unknown>;

interface Reader {
  readonly topic: string;
  readonly key: AnySerde;
  readonly value: AnySerde;
  readonly opened: Promise<unknown>;
  /** Records of all topics that were looked at. */
  seen: number;
}

export class TestSchemas {
  readonly #registry: SchemaSource;
  readonly #readers: Reader[] = [];

  constructor(registry: SchemaSource) {
    this.#registry = registry;
  }

  /** Opens the serdes of a topic; undefined when there is nothing to open. */
  open<K, V>(topic: string, { key, value }: TopicSerdes<K, V>): Promise<unknown> | undefined {
    if (key.open === undefined && value.open === undefined) return undefined;
    const use = { topic, registry: this.#registry };
    const opened = Promise.all([key.open?.({ ...use, isKey: true }), value.open?.({ ...use, isKey: false })]);
    // Whoever writes or reads is told; a topic that nobody uses is no failure.
    opened.catch(() => undefined);
    return opened;
  }

  /** From now on records of the topic can be read as soon as `ready` was awaited. */
  read<K, V>(topic: string, serdes: TopicSerdes<K, V>): void {
    const opened = this.open(topic, serdes);
    if (opened === undefined) return;
    const { key, value } = serdes as unknown as TopicSerdes<unknown, unknown>;
    this.#readers.push({ topic, key, value, opened, seen: 0 });
  }

  /** Fetches what the records written since need; undefined when nothing may be needed. */
  ready(records: readonly ProducedRecord[]): Promise<unknown> | undefined {
    if (this.#readers.length === 0) return undefined;
    return Promise.all(this.#readers.map((reader) => prepare(reader, records)));
  }
}

async function prepare(reader: Reader, records: readonly ProducedRecord[]): Promise<void> {
  await reader.opened;
  while (reader.seen < records.length) {
    const { topic, key, value } = records[reader.seen++] as ProducedRecord;
    if (topic !== reader.topic) continue;
    if (key !== null) await reader.key.prepare?.(topic, key);
    if (value !== null) await reader.value.prepare?.(topic, value);
  }
}
