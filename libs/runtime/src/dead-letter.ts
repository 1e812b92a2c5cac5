/**
 * A record that cannot be read, as it is put aside: key, value, time and headers as they came, and the JVM library's headers that say what was
 * wrong and where it came from (KIP-1034). It goes through the task's own producer, so with exactly once it is there once, together with the
 * offsets that pass it.
 */
import { MillraceError } from '@millrace/base';
import type { FetchedBatch, Header } from '@millrace/ports';
import { partitionForKey } from '@millrace/protocol';
import type { RecordCollector } from './stream-task.ts';

/** A record of a batch and what was wrong with it. */
export interface BadRecord {
  readonly batch: FetchedBatch;
  readonly index: number;
  readonly error: unknown;
}

/** Appends a record to the dead-letter topic. */
export function putAside(collector: RecordCollector, topic: string, bad: BadRecord): void {
  const { batch, index } = bad;
  const key = batch.key(index);
  const width = collector.partitionCount(topic);
  const partition = key === null ? batch.partition % width : partitionForKey(key, width);
  const headers = [...batch.headers(index), ...reasonOf(bad)];
  collector.append(topic, partition, key, batch.value(index), batch.timestamp(index), headers);
}

function reasonOf({ batch, index, error }: BadRecord): readonly Header[] {
  const { name, message, stack } = error instanceof Error ? error : new TypeError(String(error));
  const fields = {
    exception: MillraceError.is(error) ? error.code : name,
    message,
    stacktrace: stack ?? '',
    topic: batch.topic,
    partition: String(batch.partition),
    offset: String(batch.offset(index)),
  };
  return Object.entries(fields).map(([field, text]) => ({
    key: `__streams.errors.${field}`,
    value: Buffer.from(text),
  }));
}
