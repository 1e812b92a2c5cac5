/** Everything that a topology under test has written, in the order of production. */
import { Buffer } from 'node:buffer';
import type { Header } from '@millrace/ports';
import type { RecordCollector } from '@millrace/runtime';

/** A record as it would go to Kafka. */
export interface ProducedRecord {
  /** Full name; internal topics begin with the application's id. */
  readonly topic: string;
  /** Always 0 in a driver of one partition. */
  readonly partition: number;
  /** Null: the record has none. */
  readonly key: Buffer | null;
  /** Null: a tombstone. */
  readonly value: Buffer | null;
  /** Null: none was given, the producer's clock decides. */
  readonly timestamp: number | null;
  /** In their order. */
  readonly headers: readonly Header[];
}

const noHeaders: readonly Header[] = [];

export class DriverOutput implements RecordCollector {
  readonly records: ProducedRecord[] = [];
  readonly #ends = new Map<string, number>();

  append(
    topic: string,
    partition: number,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestamp: number | null,
    headers: readonly Header[] = noHeaders,
  ): void {
    this.#ends.set(topic, (this.#ends.get(topic) ?? 0) + 1);
    this.records.push({ topic, partition, key: copy(key), value: copy(value), timestamp, headers });
  }

  /** Every topic has one partition. */
  partitionCount(): number {
    return 1;
  }

  endOffset(topic: string): number | undefined {
    return this.#ends.get(topic);
  }
}

/** The caller may use its buffer again. */
function copy(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}
