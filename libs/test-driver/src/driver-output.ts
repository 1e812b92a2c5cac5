/** Everything that a topology under test has written, in the order of production. */
import { Buffer } from 'node:buffer';
import type { Header } from '@millrace/ports';
import type { RecordCollector } from '@millrace/runtime';

/** A record as it would go to Kafka. */
export interface ProducedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Null: none was given, the producer's clock decides. */
  readonly timestamp: number | null;
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
