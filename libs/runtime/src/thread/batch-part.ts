import type { FetchedBatch } from '@millrace/ports';

/** The records of a batch that lie before an offset. */
export function batchBefore(batch: FetchedBatch, to: number): FetchedBatch {
  if (batch.nextOffset <= to) return batch;
  let { count } = batch;
  while (count > 0 && batch.offset(count - 1) >= to) count--;
  return {
    topic: batch.topic,
    partition: batch.partition,
    count,
    nextOffset: to,
    leaderEpoch: batch.leaderEpoch,
    offset: (i) => batch.offset(i),
    timestamp: (i) => batch.timestamp(i),
    key: (i) => batch.key(i),
    value: (i) => batch.value(i),
    headers: (i) => batch.headers(i),
  };
}
