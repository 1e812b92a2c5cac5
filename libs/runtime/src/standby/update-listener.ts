/** What an application is told of the copies that it keeps. */
import type { TopicPartition } from '@millrace/ports';

/** Why a copy is not updated any more: its task runs here from now on, or it is kept elsewhere, or nowhere. */
export type SuspendReason = 'PROMOTED' | 'MIGRATED';

/**
 * Follows how copies (standby tasks) are updated (JVM: StandbyUpdateListener, KIP-988). Its methods are called synchronously and should be quick; what they throw is
 * logged.
 *
 * @example streams.setStandbyUpdateListener({ onBatchLoaded: (_from, store, task, _last, count) => console.log(store, task, count) });
 */
export interface StandbyUpdateListener {
  /** A copy of a store begins, at an offset of its changelog. */
  onUpdateStart?(topicPartition: TopicPartition, storeName: string, startingOffset: number): void;
  /** Records were taken in, the last of them at `batchEndOffset`; `currentEndOffset` is the end of the changelog, -1 when it is not known yet. */
  onBatchLoaded?(
    topicPartition: TopicPartition,
    storeName: string,
    taskId: string,
    batchEndOffset: number,
    batchSize: number,
    currentEndOffset: number,
  ): void;
  /** The copy is not updated any more; all before `storeOffset`, and it, was taken in. */
  onUpdateSuspended?(
    topicPartition: TopicPartition,
    storeName: string,
    storeOffset: number,
    currentEndOffset: number,
    reason: SuspendReason,
  ): void;
}
