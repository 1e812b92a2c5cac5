/**
 * Joins of tables by a foreign key (KIP-213). A row of the left table subscribes where its foreign key lives; changes of either side give an answer that goes
 * back to where the left row lives. An answer counts only while the left row is still the one that asked: its hash goes along.
 */
import { instructions, type Instruction, type Subscription, type SubscriptionResponse } from '@millrace/serde';
import type { KeyValueStore } from '@millrace/state';
import type { OperatorMetrics, StreamNode, TableNode } from './node-function.ts';
import { noRow, type TableReader } from './table-join.ts';

type Wrapper = Subscription<unknown>;

export interface SubscriptionSendOptions {
  readonly where: string;
  readonly metrics: OperatorMetrics;
  readonly isLeft: boolean;
  readonly partition: number;
  /** The foreign key of a row of the left table; null: it has none. */
  readonly extract: (key: unknown, value: unknown) => unknown;
  readonly isSameKey: (a: unknown, b: unknown) => boolean;
  readonly hashOf: (value: unknown) => Buffer;
  readonly isStale: () => boolean;
  readonly next: StreamNode;
}

/** Changes of the left table become subscriptions. */
export function subscriptionSend(options: SubscriptionSendOptions): TableNode {
  const { where, metrics, isLeft, partition, extract, isSameKey, hashOf, isStale, next } = options;
  const foreignKeyOf = (key: unknown, value: unknown): unknown =>
    value === null ? null : (extract(key, value) ?? null);
  return (key, newValue, oldValue, timestamp) => {
    if (isStale()) return metrics.dropped(where);
    if (newValue === null && oldValue === null) return;
    const before = foreignKeyOf(key, oldValue);
    const now = foreignKeyOf(key, newValue);
    const hash = newValue === null ? null : hashOf(newValue);
    const send = (foreignKey: unknown, instruction: Instruction): void =>
      next(
        foreignKey,
        { hash, instruction, primaryKey: key, primaryPartition: partition } satisfies Wrapper,
        timestamp,
      );
    if (isLeft) {
      if (before !== null && (now === null || !isSameKey(before, now))) send(before, instructions.deleteQuietly);
      return send(now, instructions.tellAlways);
    }
    if (now === null && newValue !== null) metrics.dropped(where);
    if (before === null) return now === null ? undefined : send(now, instructions.tellIfPresent);
    if (now === null) return send(before, instructions.deleteAndTell);
    if (isSameKey(before, now)) return send(now, instructions.tellIfPresent);
    send(before, instructions.deleteQuietly);
    // What the old foreign key gave is taken back even if the new one gives nothing.
    send(now, instructions.tellAlways);
  };
}

export interface SubscriptionStore {
  readonly store: KeyValueStore;
  /** The key of a subscription in the store. */
  readonly keyOf: (foreignKey: unknown, primaryKey: unknown) => Buffer;
  /** The range of all subscriptions to a foreign key. */
  readonly rangeOf: (foreignKey: unknown) => { readonly gte: Buffer; readonly lt: Buffer };
  readonly primaryKeyOf: (key: Buffer) => unknown;
}

/** Keeps subscriptions where their foreign key lives. */
export function subscriptionReceive(
  where: string,
  metrics: OperatorMetrics,
  { store, keyOf }: SubscriptionStore,
  next: StreamNode,
): StreamNode {
  return (key, value, timestamp) => {
    const wrapper = value as Wrapper;
    const { instruction, primaryKey } = wrapper;
    if (key === null && instruction !== instructions.tellAlways) return metrics.dropped(where);
    if (key !== null) {
      const isDeleted = instruction === instructions.deleteQuietly || instruction === instructions.deleteAndTell;
      store.put(store.row(keyOf(key, primaryKey)), isDeleted ? null : wrapper, timestamp, timestamp);
    }
    next(key, wrapper, timestamp);
  };
}

/** Answers a subscription with the row that its foreign key has now. */
export function subscriptionAnswer(foreign: TableReader, next: StreamNode): StreamNode {
  return (key, value, timestamp) => {
    const { hash, instruction, primaryKey, primaryPartition } = value as Wrapper;
    if (instruction === instructions.deleteQuietly) return;
    const row = key === null ? noRow : foreign(key);
    if (instruction === instructions.tellIfPresent && row.value === null) return;
    const foreignValue = instruction === instructions.deleteAndTell ? null : row.value;
    const time = row.value === null ? timestamp : Math.max(timestamp, row.timestamp);
    next(primaryKey, { hash, foreignValue, primaryPartition } satisfies SubscriptionResponse<unknown>, time);
  };
}

/** Tells all subscribers of a row of the right table that it has changed. */
export function subscribersTold(
  where: string,
  metrics: OperatorMetrics,
  { store, rangeOf, primaryKeyOf }: SubscriptionStore,
  isStale: () => boolean,
  next: StreamNode,
): TableNode {
  return (key, newValue, _oldValue, timestamp) => {
    if (key === null || isStale()) return metrics.dropped(where);
    for (const entry of store.range(rangeOf(key))) {
      const { hash, primaryPartition } = entry.value as Wrapper;
      const answer: SubscriptionResponse<unknown> = { hash, foreignValue: newValue, primaryPartition };
      next(primaryKeyOf(entry.key as Buffer), answer, timestamp);
    }
  };
}

export interface AnswerJoinOptions {
  readonly where: string;
  readonly metrics: OperatorMetrics;
  readonly isLeft: boolean;
  /** The left table. */
  readonly primary: TableReader;
  readonly hashOf: (value: unknown) => Buffer;
  readonly joiner: (left: unknown, right: unknown) => unknown;
  readonly next: StreamNode;
}

/** Joins an answer with the left row, unless that has changed since it asked. */
export function answerJoin({ where, metrics, isLeft, primary, hashOf, joiner, next }: AnswerJoinOptions): StreamNode {
  return (key, value, timestamp) => {
    const { hash, foreignValue } = value as SubscriptionResponse<unknown>;
    const { value: mine } = primary(key);
    const isCurrent = mine === null ? hash === null : hash !== null && hashOf(mine).equals(hash);
    if (!isCurrent) return metrics.dropped(where);
    const isTombstone = foreignValue === null && (!isLeft || mine === null);
    next(key, isTombstone ? null : (joiner(mine, foreignValue) ?? null), timestamp);
  };
}
