import type { FunctionRef } from './references.ts';

/** Records join when the right one is between `beforeMs` before and `afterMs` after the left one. */
export interface JoinWindowsSpec {
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly graceMs: number;
  /** True for the deprecated windows: unmatched records of outer joins go out at once instead of when their window has closed. */
  readonly emitsEagerly: boolean;
}

export type JoinKind = 'inner' | 'left' | 'outer';
export type JoinSide = 'left' | 'right';

/** Joins of a stream, as data. Joiners are (left, right, key) => value; a missing side is null. */
export type JoinOperation =
  /** In front of a join: forwards the record, then keeps it under its time. */
  | { readonly type: 'joinWindow'; readonly store: string }
  /** One side of a join of streams: finds partners among the records that the other side has kept. */
  | {
      readonly type: 'streamJoin';
      readonly kind: JoinKind;
      readonly side: JoinSide;
      /** What the two sides of a join share: the name of the node where they meet. */
      readonly join: string;
      readonly windows: JoinWindowsSpec;
      readonly joiner: FunctionRef;
      /** What the other side keeps; and of left and outer joins the records that wait for a partner. */
      readonly reads: readonly [other: string] | readonly [other: string, waiting: string];
    }
  /** A stream joined with itself over one store (topology.optimization). */
  | {
      readonly type: 'selfJoin';
      readonly store: string;
      readonly windows: JoinWindowsSpec;
      readonly joiner: FunctionRef;
    }
  /** Looks a row of a table up for each record. */
  | {
      readonly type: 'streamTableJoin';
      readonly kind: 'inner' | 'left';
      /** The node of the table. */
      readonly table: string;
      readonly joiner: FunctionRef;
      /** Those that the table is read from; with grace, the buffer last. */
      readonly reads: readonly string[];
      /** Records wait for late rows of a versioned table. */
      readonly grace?: { readonly buffer: string; readonly graceMs: number };
    }
  /** Looks a row of a global table up: keySelector (key, value) => its key. */
  | {
      readonly type: 'globalTableJoin';
      readonly kind: 'inner' | 'left';
      /** The store of the global table; it belongs to no task. */
      readonly global: string;
      readonly keySelector: FunctionRef;
      readonly joiner: FunctionRef;
    };

/** Joins that take records without a key (KIP-962): what leads to them must not drop these. */
export function takesNullKeys(operation: { readonly type: string; readonly kind?: string }): boolean {
  return joinTypes.has(operation.type) && operation.kind !== 'inner';
}

const joinTypes: ReadonlySet<string> = new Set(['streamJoin', 'streamTableJoin', 'globalTableJoin']);
