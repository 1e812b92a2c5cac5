/**
 * How a table is kept, as far as it is known. Whether a source has a store at all, and which tables tell old values, is decided by what follows
 * them: a join reads, a grouping subtracts, a filter saves tombstones. Rules and order are those of the JVM library (KTableImpl).
 */
export interface TableBacking {
  /** The store of the table itself, if it has one so far. */
  readonly store: string | null;
  /** Changes come with the value before them. */
  readonly sendsOldValues: boolean;
  /** Asks for old values; gives whether they will come. Without `force` nothing is kept only for that. */
  sendOldValues(force: boolean): boolean;
  /** The stores that rows of the table are read from; from now on there are some. */
  readFrom(): readonly string[];
}

/** A table that is always kept: an aggregation's. */
export function keptTable(stores: readonly string[]): TableBacking {
  const store = stores[0] ?? null;
  return { store, sendsOldValues: true, sendOldValues: () => true, readFrom: () => stores };
}

/** A topic or stream read as a table: kept when it has a name of its own, or when somebody needs it. */
export function sourceTable(store: string, isNamed: boolean): TableBacking {
  let isKept = isNamed;
  let sends = false;
  return {
    get store() {
      return isKept ? store : null;
    },
    get sendsOldValues() {
      return sends;
    },
    sendOldValues: (force) => {
      if (!force && !isKept) return sends;
      isKept = sends = true;
      return true;
    },
    readFrom: () => {
      isKept = true;
      return [store];
    },
  };
}

/**
 * A table computed from others: kept only when it has a name, else computed again from what they have. A join asks its sides for old values even when
 * it is kept, and whether or not that is forced.
 */
export function derivedTable(
  store: string | null,
  parents: readonly TableBacking[],
  sendsOldValues: boolean,
  isJoin = false,
): TableBacking {
  let sends = sendsOldValues;
  return {
    store,
    get sendsOldValues() {
      return sends;
    },
    sendOldValues: (force) => {
      if (store !== null && !isJoin) sends = true;
      else if (!sends) sends = parents.map((parent) => parent.sendOldValues(force || isJoin)).every(Boolean);
      return sends;
    },
    readFrom: () => (store === null ? [...new Set(parents.flatMap((parent) => parent.readFrom()))] : [store]),
  };
}

/** A table whose changes wait in a buffer: while a key waits, its row is what was before. */
export function suppressedTable(buffer: string, parent: TableBacking): TableBacking {
  return {
    store: null,
    get sendsOldValues() {
      return parent.sendsOldValues;
    },
    sendOldValues: (force) => parent.sendOldValues(force),
    readFrom: () => [buffer, ...parent.readFrom()],
  };
}
