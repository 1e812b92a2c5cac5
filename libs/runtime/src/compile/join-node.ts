/** Closures of the joins of streams. */
import { invariant } from '@millrace/base';
import {
  graceJoin,
  joinProgress,
  joinWindow,
  selfJoin,
  streamJoin,
  tableLookup,
  type JoinProgress,
  type StreamNode,
  type TableGetter,
} from '@millrace/operators';
import { JoinWaitingStore, JoinWindowStore, type KeyValueStore, type StateStore } from '@millrace/state';
import { readsVersions, type JoinOperation } from '@millrace/topology';
import { tableReader, type TableScope } from './table-node.ts';

/** Where joins find what they need, beside what tables do. */
export interface JoinScope {
  readonly tables: TableScope;
  readonly progress: JoinProgresses;
  /** How often closed windows are looked for, ms. */
  readonly emitIntervalMs: number;
  readonly now: () => number;
  store(name: string): StateStore;
  /** The store of a global table. */
  global(name: string): KeyValueStore;
}

/** What the two sides of each join share, by the name of the join. */
export type JoinProgresses = Map<string, JoinProgress>;

export function joinNode(scope: JoinScope, where: string, operation: JoinOperation, next: StreamNode): StreamNode {
  const { tables, now, emitIntervalMs } = scope;
  const { metrics } = tables;
  switch (operation.type) {
    case 'joinWindow':
      return joinWindow(windowStore(scope, operation.store), where, metrics, next);
    case 'selfJoin': {
      const store = windowStore(scope, operation.store);
      return selfJoin({
        where,
        store,
        windows: operation.windows,
        joiner: tables.find(operation.joiner),
        metrics,
        next,
      });
    }
    case 'streamJoin': {
      const { kind, side, windows, reads } = operation;
      const isLeft = side === 'left';
      return streamJoin({
        where,
        isLeft,
        isOuter: isLeft ? kind !== 'inner' : kind === 'outer',
        windows,
        joiner: tables.find(operation.joiner),
        other: windowStore(scope, reads[0]),
        waiting: waitingStore(scope, reads[1]),
        progress: progressOf(scope, operation.join),
        emitIntervalMs,
        now,
        metrics,
        next,
      });
    }
    case 'streamTableJoin': {
      const { kind, table, grace } = operation;
      const reader = tableReader(tables, table);
      const getter: TableGetter = readsVersions(tables.part, table)
        ? (key, timestamp) => reader(key, timestamp).value
        : (key) => reader(key).value;
      const lookup = { where, isLeft: kind === 'left', getter, joiner: tables.find<Joiner>(operation.joiner) };
      if (grace === undefined) return tableLookup({ ...lookup, metrics, next });
      return graceJoin({ ...lookup, buffer: tables.joinBuffer(grace.buffer), metrics, next });
    }
    case 'globalTableJoin': {
      const store = scope.global(operation.global);
      return tableLookup({
        where,
        isLeft: operation.kind === 'left',
        keySelector: tables.find(operation.keySelector),
        getter: (key) => store.row(key).value,
        joiner: tables.find(operation.joiner),
        metrics,
        next,
      });
    }
  }
}

type Joiner = (left: unknown, right: unknown, key: unknown) => unknown;

function progressOf({ progress }: JoinScope, join: string): JoinProgress {
  const known = progress.get(join) ?? joinProgress();
  progress.set(join, known);
  return known;
}

function windowStore(scope: JoinScope, name: string): JoinWindowStore {
  const store = scope.store(name);
  invariant(store instanceof JoinWindowStore, `${name} keeps a side of a join`);
  return store;
}

function waitingStore(scope: JoinScope, name: string | undefined): JoinWaitingStore | undefined {
  if (name === undefined) return undefined;
  const store = scope.store(name);
  invariant(store instanceof JoinWaitingStore, `${name} keeps what waits for a partner`);
  return store;
}
