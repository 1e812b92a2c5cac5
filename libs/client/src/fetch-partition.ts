/** Where a fetcher stands in one partition, and what it has for its reader. A partition that moves becomes a new object. */
import type { MillraceError } from '@millrace/base';
import type { FetchedPart } from './fetched-records.ts';

export class FetchPartition {
  readonly topic: string;
  readonly partition: number;
  /** After the last record given out; negative while it is to be looked up. */
  position: number;
  /** After the last record received. */
  fetchOffset: number;
  /** Received and not given out. */
  readonly parts: FetchedPart[] = [];
  bufferedBytes = 0;
  endOffset: number | undefined;
  paused = false;
  /** A fetch or a look-up for it is on its way, or it waits after a failure. */
  busy = false;
  failures = 0;
  /** What ended reading it; it stays until the partition is assigned anew. */
  error: MillraceError | undefined;
  /** Where damaged bytes were seen before. */
  damagedAt = -1;

  constructor(topic: string, partition: number, offset: number) {
    this.topic = topic;
    this.partition = partition;
    this.position = offset;
    this.fetchOffset = offset;
  }

  /** Whether the next fetch may ask for it. */
  wantsFetch(maxBufferedBytes: number): boolean {
    return (
      !this.busy &&
      !this.paused &&
      this.error === undefined &&
      this.fetchOffset >= 0 &&
      this.bufferedBytes < maxBufferedBytes
    );
  }

  /** Whether its place must be looked up first. */
  wantsLookup(): boolean {
    return this.fetchOffset < 0 && !this.busy && this.error === undefined;
  }

  moveTo(offset: number): void {
    if (this.parts.length === 0) this.position = offset;
    this.fetchOffset = offset;
  }
}
