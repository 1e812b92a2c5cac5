/** What an application is told of its stores while they are restored. */
import type { TopicPartition } from '@millrace/ports';

/**
 * Follows the restoration of stores (JVM: StateRestoreListener), all threads' and the global stores'. Its methods are called synchronously and should be
 * quick; what they throw ends the thread. Standby tasks are not seen: they never end.
 *
 * @example streams.setGlobalStateRestoreListener({ onRestoreEnd: (_from, store, records) => console.log(store, records) });
 */
export interface StateRestoreListener {
  /** A store begins; `endingOffset` is exclusive. Called for stores that lack nothing too. */
  onRestoreStart?(
    topicPartition: TopicPartition,
    storeName: string,
    startingOffset: number,
    endingOffset: number,
  ): void;
  /** Records were taken in, the last of them at `batchEndOffset`. */
  onBatchRestored?(
    topicPartition: TopicPartition,
    storeName: string,
    batchEndOffset: number,
    numRestored: number,
  ): void;
  /** A store is up to date. */
  onRestoreEnd?(topicPartition: TopicPartition, storeName: string, totalRestored: number): void;
  /** The task is closed before its store is up to date. */
  onRestoreSuspended?(topicPartition: TopicPartition, storeName: string, totalRestored: number): void;
}
