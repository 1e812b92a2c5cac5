import type { RawMessage, RawPartition } from './cluster.ts';

/**
 * What a read_committed reader may see of a fetched partition, as the Java client decides it. kafkajs' own filter is wrong in two cases:
 * it takes any record with an int32-0 key for an abort marker, and it opens only one of several transactions that began before the fetch.
 */
export function committedMessages(partition: RawPartition, from: number): RawMessage[] {
  const aborted = [...partition.abortedTransactions].sort((a, b) => Number(a.firstOffset) - Number(b.firstOffset));
  const open = new Set<string>();
  const seen: RawMessage[] = [];
  let next = 0;
  for (const message of partition.messages) {
    const offset = Number(message.offset);
    for (let first = aborted[next]; first !== undefined && Number(first.firstOffset) <= offset; first = aborted[++next])
      open.add(first.producerId);
    const { producerId, inTransaction } = message.batchContext;
    if (message.isControlRecord) {
      // Control records carry int16 version, int16 type; type 0 is an abort.
      if (message.key !== null && message.key.readInt16BE(2) === 0) open.delete(producerId);
    } else if (offset >= from && !(inTransaction && open.has(producerId))) {
      seen.push(message);
    }
  }
  return seen;
}

/** Everything but control records. */
export function dataMessages(partition: RawPartition, from: number): RawMessage[] {
  return partition.messages.filter((message) => !message.isControlRecord && Number(message.offset) >= from);
}
