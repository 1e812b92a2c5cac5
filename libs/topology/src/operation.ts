import type { FunctionRef, SerdeRef } from './references.ts';
import type { AsyncOperation } from './async-operation.ts';
import type { ProcessorOperation } from './processor-operation.ts';
import type { JoinOperation } from './join-operation.ts';

/** Tumbling and hopping windows: aligned to the epoch, `[start, start + sizeMs)`, one every `advanceMs`. */
export interface TimeWindowsSpec {
  readonly sizeMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;
  /** There is one window only, which begins here and takes all that comes later (JVM: UnlimitedWindows). */
  readonly unlimitedFrom?: number;
}

/** A window for each combination of records that lie within `differenceMs` of each other: `[time - differenceMs, time]`, both ends inclusive. */
export interface SlidingWindowsSpec {
  readonly differenceMs: number;
  readonly graceMs: number;
}

/** Records of a key with no longer than `gapMs` between them. */
export interface SessionWindowsSpec {
  readonly gapMs: number;
  readonly graceMs: number;
}

/** When a windowed aggregation forwards: at each update, or once when the window has closed (KIP-825). */
export type EmitStrategy = 'onWindowUpdate' | 'onWindowClose';

/** How changes of a table wait (KTable.suppress). */
export interface SuppressSpec {
  /** What the wait is counted from: the time of a key's first change, or the end of its window. */
  readonly until: 'timeLimit' | 'windowCloses';
  readonly durationMs: number;
  /** Absent: no limit. */
  readonly maxRecords?: number;
  readonly maxBytes?: number;
  readonly whenFull: 'emit' | 'shutdown';
  /** Deletions are not sent: nothing was sent before them. */
  readonly dropsTombstones: boolean;
}

/** A branch of a split: its node and what goes there. */
export interface BranchSpec {
  readonly node: string;
  readonly predicate: FunctionRef | null;
}

/**
 * What a processor node does, as data. Function fields name entries of `Program.functions`;
 * their signatures are beside them. `null` stands for an absent key or value, as in Kafka.
 */
export type Operation =
  | ProcessorOperation
  | AsyncOperation
  | JoinOperation
  /** (key, value) => boolean; `negate` keeps what the predicate refuses. */
  | { readonly type: 'filter'; readonly predicate: FunctionRef; readonly negate: boolean }
  /** (key, value) => [key, value] */
  | { readonly type: 'map'; readonly mapper: FunctionRef }
  /** (key, value) => iterable of [key, value] */
  | { readonly type: 'flatMap'; readonly mapper: FunctionRef }
  /** (value, key) => value */
  | { readonly type: 'mapValues'; readonly mapper: FunctionRef }
  /** (value, key) => iterable of values */
  | { readonly type: 'flatMapValues'; readonly mapper: FunctionRef }
  /** (key, value) => key */
  | { readonly type: 'selectKey'; readonly mapper: FunctionRef }
  /** (key, value) => void; `peek` forwards afterwards, `foreach` does not. */
  | { readonly type: 'peek' | 'foreach'; readonly action: FunctionRef }
  /** Forwards what any parent gives. */
  | { readonly type: 'merge' }
  /** Sends a record to the first child whose predicate, (key, value) => boolean, accepts it; a null predicate accepts all. */
  | { readonly type: 'branch'; readonly branches: readonly BranchSpec[] }
  /** In front of a repartition sink: drops null keys where `dropNullKeys`. */
  | { readonly type: 'repartitionFilter'; readonly dropNullKeys: boolean }
  /** KStream aggregation. initializer: () => aggregate; aggregator: (key, value, aggregate) => aggregate. Emits changes of a table. */
  | {
      readonly type: 'streamAggregate';
      readonly store: string;
      readonly initializer: FunctionRef;
      readonly aggregator: FunctionRef;
    }
  /** reducer: (aggregate, value) => aggregate. */
  | { readonly type: 'streamReduce'; readonly store: string; readonly reducer: FunctionRef }
  /** As streamAggregate, per window; its keys are `Windowed`. */
  | {
      readonly type: 'windowedAggregate';
      readonly store: string;
      readonly windows: TimeWindowsSpec;
      readonly emit: EmitStrategy;
      readonly initializer: FunctionRef;
      readonly aggregator: FunctionRef;
    }
  | {
      readonly type: 'windowedReduce';
      readonly store: string;
      readonly windows: TimeWindowsSpec;
      readonly emit: EmitStrategy;
      readonly reducer: FunctionRef;
    }
  /** As windowedAggregate, in windows that begin and end with records. */
  | {
      readonly type: 'slidingAggregate';
      readonly store: string;
      readonly windows: SlidingWindowsSpec;
      readonly emit: EmitStrategy;
      readonly initializer: FunctionRef;
      readonly aggregator: FunctionRef;
    }
  /** As windowedAggregate, in sessions. merger: (key, aggregate, aggregate) => aggregate, for sessions that a record joins. */
  | {
      readonly type: 'sessionAggregate';
      readonly store: string;
      readonly windows: SessionWindowsSpec;
      readonly emit: EmitStrategy;
      readonly initializer: FunctionRef;
      readonly aggregator: FunctionRef;
      readonly merger: FunctionRef;
    }
  /** Forwards the changes that any parent gives. */
  | { readonly type: 'tableMerge' }
  /** Stream to table: last value by key; `store` null when nothing needs it. */
  | { readonly type: 'tableSource'; readonly store: string | null }
  | {
      readonly type: 'tableFilter';
      readonly store: string | null;
      /** Made with `Materialized` that names no store. */
      readonly forgetsVersions?: boolean;
      readonly predicate: FunctionRef;
      readonly negate: boolean;
      /** Changes go on with the value before them. */
      readonly sendsOld: boolean;
    }
  | {
      readonly type: 'tableMapValues';
      readonly store: string | null;
      readonly forgetsVersions?: boolean;
      readonly mapper: FunctionRef;
      readonly sendsOld: boolean;
    }
  /** Changes of a table become a stream of their new values. */
  | { readonly type: 'tableToStream' }
  /**
   * One side of a join of tables: its changes meet the rows of the table `other`, which are read from the stores `reads`.
   * joiner: (left value, right value) => value, whichever side this is.
   */
  | {
      readonly type: 'tableJoin';
      readonly join: 'inner' | 'left' | 'outer';
      readonly side: 'left' | 'right';
      readonly other: string;
      readonly reads: readonly string[];
      readonly joiner: FunctionRef;
      readonly sendsOld: boolean;
    }
  /** Both sides of a join of tables as one table. `left` and `right` name the tables that are joined, for reading what is kept nowhere. */
  | {
      readonly type: 'tableJoinMerge';
      readonly store: string | null;
      readonly join: 'inner' | 'left' | 'outer';
      readonly left: string;
      readonly right: string;
      readonly joiner: FunctionRef;
      readonly sendsOld: boolean;
    }
  /** Changes of a table wait in a buffer. */
  | { readonly type: 'tableSuppress'; readonly store: string; readonly suppress: SuppressSpec }
  /** KTable.groupBy: (key, value) => [key, value]; sends subtractions and additions as `Change`. */
  | { readonly type: 'tableSelect'; readonly mapper: FunctionRef }
  /** KGroupedTable aggregation. */
  | {
      readonly type: 'tableAggregate';
      readonly store: string;
      readonly initializer: FunctionRef;
      readonly adder: FunctionRef;
      readonly subtractor: FunctionRef;
    }
  /** KGroupedTable.reduce: adder and subtractor (aggregate, value) => aggregate. */
  | {
      readonly type: 'tableReduce';
      readonly store: string;
      readonly adder: FunctionRef;
      readonly subtractor: FunctionRef;
    }
  /** Left table of a foreign-key join: changes become subscriptions. extractor: (value, key) => foreign key. */
  | {
      readonly type: 'subscriptionSend';
      readonly isLeft: boolean;
      readonly extractor: FunctionRef;
      readonly foreignKeySerde: SerdeRef | null;
      readonly valueSerde: SerdeRef | null;
      /** The internal topic that the subscriptions go to; serdes of hashes and keys are told names made from it. */
      readonly topic: string;
    }
  /** Keeps subscriptions; answers come from the rows of `other`, right after. */
  | ({ readonly type: 'subscriptionReceive' } & SubscriptionStoreSpec)
  | { readonly type: 'subscriptionAnswer'; readonly other: string; readonly reads: readonly string[] }
  /** Right table of a foreign-key join: changes go to all subscribers. */
  | ({ readonly type: 'subscribersTold' } & SubscriptionStoreSpec)
  /** Answers meet the rows of the left table, `other`. joiner: (left, right) => value. */
  | {
      readonly type: 'answerJoin';
      readonly isLeft: boolean;
      readonly other: string;
      readonly reads: readonly string[];
      readonly joiner: FunctionRef;
      readonly valueSerde: SerdeRef | null;
      readonly topic: string;
    };

/** Where the subscriptions of a foreign-key join are kept. */
export interface SubscriptionStoreSpec {
  readonly store: string;
  readonly foreignKeySerde: SerdeRef | null;
  readonly primaryKeySerde: SerdeRef | null;
  readonly topic: string;
}
