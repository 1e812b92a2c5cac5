/** Closures of tables that are computed from other tables, and how rows of any table are read: from its store, or computed from what others keep. */
import { invariant, millraceError } from '@millrace/base';
import {
  joinedReader,
  noRow,
  suppress,
  tableFilter,
  tableJoin,
  tableJoinMerge,
  tableMapValues,
  tableTransformValues,
  type OperatorMetrics,
  type TableNode,
  type TableReader,
} from '@millrace/operators';
import {
  KeyValueStore,
  SpanStore,
  VersionedStore,
  WindowStore,
  type JoinBuffer,
  type RecordContext,
  type StateStore,
  type SuppressBuffer,
  type TableStore,
} from '@millrace/state';
import type { Windowed } from '@millrace/serde';
import {
  isVersionedTable,
  type FunctionRef,
  type Operation,
  type ProcessorNode,
  type ProcessorOperation,
  type Subtopology,
} from '@millrace/topology';
import type { Transform } from './processor-node.ts';
import { needsOldValues } from './downstream.ts';

/** Where the closures of a sub-topology find what they need. */
export interface TableScope {
  readonly part: Subtopology;
  readonly metrics: OperatorMetrics;
  readonly context: RecordContext;
  find<F>(ref: FunctionRef): F;
  store(name: string): StateStore;
  suppressBuffer(name: string): SuppressBuffer;
  joinBuffer(name: string): JoinBuffer;
  /** A transformer of its own for each call. */
  transform(node: string, operation: TransformOperation): Transform;
}

export type TransformOperation = Extract<ProcessorOperation, { readonly type: 'tableTransformValues' }>;

export type DerivedOperation = Extract<
  Operation,
  { readonly type: 'tableFilter' | 'tableMapValues' | 'tableJoin' | 'tableJoinMerge' | 'tableSuppress' }
>;

export function derivedTableNode(
  scope: TableScope,
  name: string,
  operation: DerivedOperation,
  next: TableNode,
): TableNode {
  const { metrics } = scope;
  if (operation.type === 'tableSuppress') return suppressNode(scope, name, operation, next);
  const { sendsOld } = operation;
  if (operation.type === 'tableJoin') {
    const { join, side } = operation;
    const other = tableReader(scope, operation.other);
    const joiner = scope.find<(left: unknown, right: unknown) => unknown>(operation.joiner);
    const isStale = staleness(scope, parentOf(scope.part, name));
    return tableJoin({ where: name, join, side, other, joiner, sendsOld, metrics, isStale, next });
  }
  const store = operation.store === null ? undefined : tableStore(scope.store(operation.store));
  store?.onUpdate(next, needsOldValues(scope.part, name));
  const table = { store, sendsOld, next };
  switch (operation.type) {
    case 'tableFilter':
      return tableFilter(
        table,
        scope.find(operation.predicate),
        operation.negate,
        isVersionedTable(scope.part, parentOf(scope.part, name)),
      );
    case 'tableMapValues':
      return tableMapValues(table, scope.find(operation.mapper));
    case 'tableJoinMerge':
      return tableJoinMerge(table);
  }
}

/** KTable.transformValues. */
export function transformNode(
  scope: TableScope,
  name: string,
  operation: TransformOperation,
  next: TableNode,
): TableNode {
  const { sendsOld } = operation;
  const store = operation.store === null ? undefined : tableStore(scope.store(operation.store));
  store?.onUpdate(next, needsOldValues(scope.part, name));
  return tableTransformValues({ store, sendsOld, next }, scope.transform(name, operation));
}

/** Rows of the table of a node. */
export function tableReader(scope: TableScope, name: string): TableReader {
  const { operation, parents } = nodeOf(scope.part, name);
  if (operation.type === 'tableSuppress') {
    const buffer = scope.suppressBuffer(operation.store);
    const rows = tableReader(scope, parents[0] ?? '');
    return (key) => {
      const prior = buffer.priorOf(key);
      return prior === undefined ? rows(key) : { value: prior.value, timestamp: -1 };
    };
  }
  if ('store' in operation && operation.store !== null) return storeReader(scope.store(operation.store));
  switch (operation.type) {
    case 'tableMerge':
      // Cogrouped streams share one store.
      return tableReader(scope, parents[0] ?? '');
    case 'tableFilter': {
      const rows = tableReader(scope, parents[0] ?? '');
      const predicate = scope.find<(key: unknown, value: unknown) => boolean>(operation.predicate);
      return (key, asOf) => {
        const row = rows(key, asOf);
        return row.value !== null && predicate(key, row.value) !== operation.negate ? row : noRow;
      };
    }
    case 'tableTransformValues': {
      const rows = tableReader(scope, parents[0] ?? '');
      const transform = scope.transform(name, operation);
      return (key, asOf) => {
        const { value, timestamp } = rows(key, asOf);
        const transformed = transform(key, value, timestamp);
        return transformed === null ? noRow : { value: transformed, timestamp };
      };
    }
    case 'tableMapValues': {
      const rows = tableReader(scope, parents[0] ?? '');
      const mapper = scope.find<(value: unknown, key: unknown) => unknown>(operation.mapper);
      return (key, asOf) => {
        const row = rows(key, asOf);
        return row.value === null ? noRow : { value: mapper(row.value, key) ?? null, timestamp: row.timestamp };
      };
    }
    case 'tableJoinMerge': {
      const { join, left, right, joiner } = operation;
      return joinedReader(join, tableReader(scope, left), tableReader(scope, right), scope.find(joiner));
    }
    default:
      throw millraceError('MR_INVARIANT', { why: `the table of ${name} can be read` });
  }
}

function suppressNode(
  scope: TableScope,
  node: string,
  operation: Extract<Operation, { readonly type: 'tableSuppress' }>,
  next: TableNode,
): TableNode {
  const { suppress: spec, store } = operation;
  const limits = [
    ...(spec.maxRecords === undefined ? [] : [`${spec.maxRecords} records`]),
    ...(spec.maxBytes === undefined ? [] : [`${spec.maxBytes} bytes`]),
  ];
  const full = (records: number, bytes: number): Error =>
    millraceError('MR_RUNTIME_SUPPRESS_FULL', { node, records, bytes, limit: limits.join(' and ') });
  return suppress({ spec, buffer: scope.suppressBuffer(store), full, next });
}

function storeReader(store: StateStore): TableReader {
  if (store instanceof KeyValueStore) return (key) => store.row(key);
  if (store instanceof VersionedStore)
    return (key, asOf) => (asOf === undefined ? store.row(key) : (store.versionAt(key, asOf) ?? noRow));
  if (store instanceof SpanStore)
    return (key) => {
      const windowed = key as Windowed<unknown>;
      return store.row(windowed.key, windowed.window);
    };
  invariant(store instanceof WindowStore, 'tables are kept by key, window or span');
  return (key) => {
    const windowed = key as Windowed<unknown>;
    return store.row(windowed.key, windowed.window.start);
  };
}

/** What keeps a table by key. */
export function tableStore(store: StateStore): TableStore {
  invariant(
    store instanceof KeyValueStore || store instanceof VersionedStore,
    'tables by key are kept without windows',
  );
  return store;
}

/** Whether a change of the table of a node is late, so that what follows it leaves it out (KIP-914); without versions none is. */
export function staleness({ part, context }: TableScope, table: string): () => boolean {
  return isVersionedTable(part, table) ? () => context.isStale : never;
}

/** The table that the changes of a node come from. */
export function parentOf(part: Subtopology, name: string): string {
  return nodeOf(part, name).parents[0] ?? '';
}

function nodeOf({ nodes }: Subtopology, name: string): ProcessorNode {
  const node = nodes.find((one) => one.name === name);
  invariant(node?.kind === 'processor', `${name} is a processor of the sub-topology`);
  return node;
}

const never = (): boolean => false;
