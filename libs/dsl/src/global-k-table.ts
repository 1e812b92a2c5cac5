import type { Graph } from './graph.ts';

/** Where a global table stands. */
export interface GlobalTableState {
  readonly graph: Graph;
  readonly store: string;
  /** The store's name is the user's. */
  readonly isNamed: boolean;
}

/** A table that every instance has whole (JVM: GlobalKTable): streams join it by any key, whatever their partitions. */
export class GlobalKTable<K, V> {
  /** Types of its rows; there is no such field at run time. */
  declare readonly row: readonly [K, V];
  readonly #at: GlobalTableState;

  constructor(state: GlobalTableState) {
    this.#at = state;
  }

  /** For the operators of streams. */
  static stateOf(table: GlobalKTable<unknown, unknown>): GlobalTableState {
    return table.#at;
  }

  /** The name under which the table can be read from outside; undefined: its store was not named. */
  get queryableStoreName(): string | undefined {
    return this.#at.isNamed ? this.#at.store : undefined;
  }
}
