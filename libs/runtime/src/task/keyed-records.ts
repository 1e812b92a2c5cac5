import type { FetchedBatch } from '@millrace/ports';

/** The records of a batch that have a key, at their offsets. The batch itself where all have one. It leads as far as the batch does. */
export function keyedRecords(batch: FetchedBatch): FetchedBatch {
  const kept = Array.from({ length: batch.count }, (_, i) => i).filter((i) => batch.key(i) !== null);
  if (kept.length === batch.count) return batch;
  const at = (i: number): number => kept[i] ?? batch.count;
  const { topic, partition, nextOffset, leaderEpoch } = batch;
  return {
    topic,
    partition,
    count: kept.length,
    nextOffset,
    leaderEpoch,
    offset: (i) => batch.offset(at(i)),
    timestamp: (i) => batch.timestamp(at(i)),
    key: (i) => batch.key(at(i)),
    value: (i) => batch.value(at(i)),
    headers: (i) => batch.headers(at(i)),
  };
}
