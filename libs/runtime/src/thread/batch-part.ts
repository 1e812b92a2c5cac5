import type { FetchedBatch } from '@millrace/ports';

/** The records of a batch that lie before an offset. */
export function batchBefore(batch: FetchedBatch, to: number): FetchedBatch {
  if (batch.nextOffset <= to) return batch;
  let { count } = batch;
  while (count > 0 && batch.offset(count - 1) >= to) count--;
  return batchWith(batch, { count, nextOffset: to });
}

/** A batch that is another one but for what is given. */
export function batchWith(batch: FetchedBatch, given: Partial<FetchedBatch>): FetchedBatch {
  return {
    topic: batch.topic,
    partition: batch.partition,
    count: batch.count,
    nextOffset: batch.nextOffset,
    leaderEpoch: batch.leaderEpoch,
    offset: (i) => batch.offset(i),
    timestamp: (i) => batch.timestamp(i),
    key: (i) => batch.key(i),
    value: (i) => batch.value(i),
    headers: (i) => batch.headers(i),
    ...given,
  };
}
