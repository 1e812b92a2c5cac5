/** Committed offsets of a group, and those that transactions hold until their marker is written (KIP-98, KIP-447). */

/** An offset as it was committed. */
export interface OffsetRecord {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/** With its place in the order of all commits of the group: where it would lie in Kafka's log of offsets. */
interface LoggedOffset extends OffsetRecord {
  readonly order: number;
}

/** Offsets by topic and partition. */
type OffsetMap = Map<string, Map<number, LoggedOffset>>;

export class GroupOffsets {
  readonly #committed: OffsetMap = new Map();
  /** Producer -> what its open transaction holds. */
  readonly #pending = new Map<number, OffsetMap>();
  #commits = 0;

  get isEmpty(): boolean {
    return this.#committed.size === 0 && this.#pending.size === 0;
  }

  get topics(): ReadonlyMap<string, ReadonlyMap<number, OffsetRecord>> {
    return this.#committed;
  }

  get(topic: string, partition: number): OffsetRecord | undefined {
    return this.#committed.get(topic)?.get(partition);
  }

  /** Whether an open transaction holds an offset of the partition. */
  isUnstable(topic: string, partition: number): boolean {
    for (const held of this.#pending.values()) if (held.get(topic)?.has(partition) === true) return true;
    return false;
  }

  commit(topic: string, partition: number, record: OffsetRecord): void {
    put(this.#committed, topic, partition, { ...record, order: this.#commits++ });
  }

  /** Holds an offset for a transaction. */
  hold(producerId: number, topic: string, partition: number, record: OffsetRecord): void {
    const held: OffsetMap = this.#pending.get(producerId) ?? new Map();
    this.#pending.set(producerId, held);
    put(held, topic, partition, { ...record, order: this.#commits++ });
  }

  /** The marker of a producer's transaction is written. What was committed after it was held is newer and stays. */
  complete(producerId: number, committed: boolean): void {
    const held = this.#pending.get(producerId);
    this.#pending.delete(producerId);
    if (!committed || held === undefined) return;
    for (const [topic, partitions] of held)
      for (const [partition, record] of partitions)
        if (record.order > (this.#committed.get(topic)?.get(partition)?.order ?? -1))
          put(this.#committed, topic, partition, record);
  }

  forget(topic: string, partition?: number): void {
    for (const offsets of [this.#committed, ...this.#pending.values()]) {
      const partitions = offsets.get(topic);
      if (partition !== undefined) partitions?.delete(partition);
      if (partition === undefined || partitions?.size === 0) offsets.delete(topic);
    }
  }
}

function put(offsets: OffsetMap, topic: string, partition: number, record: LoggedOffset): void {
  const partitions = offsets.get(topic) ?? new Map<number, LoggedOffset>();
  offsets.set(topic, partitions.set(partition, record));
}
