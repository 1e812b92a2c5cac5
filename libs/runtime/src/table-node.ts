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
import { KeyValueStore, WindowStore, type SuppressBuffer, type StateStore } from '@millrace/state';
import type { Windowed } from '@millrace/serde';
import type { FunctionRef, Operation, ProcessorNode, ProcessorOperation, Subtopology } from '@millrace/topology';
import type { Transform } from './processor-node.ts';
import { needsOldValues } from './downstream.ts';

/** Where the closures of a sub-topology find what they need. */
export interface TableScope {
  readonly part: Subtopology;
  readonly metrics: OperatorMetrics;
  find<F>(ref: FunctionRef): F;
  store(name: string): StateStore;
  buffer(name: string): SuppressBuffer;
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
    return tableJoin({ where: name, join, side, other, joiner, sendsOld, metrics, isStale: never, next });
  }
  const store = operation.store === null ? undefined : keyValueStore(scope, operation.store);
  store?.onUpdate(next, needsOldValues(scope.part, name));
  const table = { store, sendsOld, next };
  switch (operation.type) {
    case 'tableFilter':
      return tableFilter(table, scope.find(operation.predicate), operation.negate);
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
  const store = operation.store === null ? undefined : keyValueStore(scope, operation.store);
  store?.onUpdate(next, needsOldValues(scope.part, name));
  return tableTransformValues({ store, sendsOld, next }, scope.transform(name, operation));
}

/** Rows of the table of a node. */
export function tableReader(scope: TableScope, name: string): TableReader {
  const { operation, parents } = nodeOf(scope.part, name);
  if (operation.type === 'tableSuppress') {
    const buffer = scope.buffer(operation.store);
    const rows = tableReader(scope, parents[0] ?? '');
    return (key) => {
      const prior = buffer.priorOf(key);
      return prior === undefined ? rows(key) : { value: prior.value, timestamp: -1 };
    };
  }
  if ('store' in operation && operation.store !== null) return storeReader(scope.store(operation.store));
  switch (operation.type) {
    case 'tableFilter': {
      const rows = tableReader(scope, parents[0] ?? '');
      const predicate = scope.find<(key: unknown, value: unknown) => boolean>(operation.predicate);
      return (key) => {
        const row = rows(key);
        return row.value !== null && predicate(key, row.value) !== operation.negate ? row : noRow;
      };
    }
    case 'tableTransformValues': {
      const rows = tableReader(scope, parents[0] ?? '');
      const transform = scope.transform(name, operation);
      return (key) => {
        const { value, timestamp } = rows(key);
        const transformed = transform(key, value, timestamp);
        return transformed === null ? noRow : { value: transformed, timestamp };
      };
    }
    case 'tableMapValues': {
      const rows = tableReader(scope, parents[0] ?? '');
      const mapper = scope.find<(value: unknown, key: unknown) => unknown>(operation.mapper);
      return (key) => {
        const row = rows(key);
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
  return suppress({ spec, buffer: scope.buffer(store), full, next });
}

function storeReader(store: StateStore): TableReader {
  if (store instanceof KeyValueStore) return (key) => store.row(key);
  invariant(store instanceof WindowStore, 'tables are kept by key or by window');
  return (key) => {
    const windowed = key as Windowed<unknown>;
    return store.row(windowed.key, windowed.window.start);
  };
}

function keyValueStore(scope: TableScope, name: string): KeyValueStore {
  const store = scope.store(name);
  invariant(store instanceof KeyValueStore, `the store ${name} has no windows`);
  return store;
}

function nodeOf({ nodes }: Subtopology, name: string): ProcessorNode {
  const node = nodes.find((one) => one.name === name);
  invariant(node?.kind === 'processor', `${name} is a processor of the sub-topology`);
  return node;
}

const never = (): boolean => false;
