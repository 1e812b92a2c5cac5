import { millraceError } from '@millrace/base';
import type { ProcessorRecord, RecordHeader } from '@millrace/topology';
import { RecordHeaders } from './record-headers.ts';

/** The record that a processor is given. Copies have headers of their own, as in the JVM library. */
export class TaskRecord<K, V> implements ProcessorRecord<K, V> {
  readonly key: K;
  readonly value: V;
  readonly timestamp: number;
  readonly headers: RecordHeaders;

  constructor(key: K, value: V, timestamp: number, headers: RecordHeaders) {
    if (!(timestamp >= 0)) throw millraceError('MR_RUNTIME_TIMESTAMP', { timestamp });
    this.key = key;
    this.value = value;
    this.timestamp = timestamp;
    this.headers = headers;
  }

  withKey<K2>(key: K2): TaskRecord<K2, V> {
    return new TaskRecord(key, this.value, this.timestamp, RecordHeaders.copyOf(this.headers));
  }

  withValue<V2>(value: V2): TaskRecord<K, V2> {
    return new TaskRecord(this.key, value, this.timestamp, RecordHeaders.copyOf(this.headers));
  }

  withTimestamp(timestamp: number): TaskRecord<K, V> {
    return new TaskRecord(this.key, this.value, timestamp, RecordHeaders.copyOf(this.headers));
  }

  withHeaders(headers: Iterable<RecordHeader>): TaskRecord<K, V> {
    return new TaskRecord(this.key, this.value, this.timestamp, RecordHeaders.copyOf(headers as RecordHeaders));
  }
}
