import type { Serde } from '@millrace/serde';
import type { AnyFunction, Graph } from './graph.ts';
import type { Materialized } from './options.ts';
import { requireStoreName } from './store-kind.ts';
import { storeSpec } from './store-spec.ts';
import { derivedTable } from './table-backing.ts';

export interface TableJoinPlan<K, V> {
  readonly join: 'inner' | 'left' | 'outer';
  readonly left: string;
  readonly right: string;
  readonly key: Serde<K> | undefined;
  readonly joiner: AnyFunction;
  readonly name: string | undefined;
  readonly materialized: Materialized<K, V> | undefined;
}

/** Three nodes: each side meets the rows of the other, and their results meet in one table. Gives the node of that table. */
export function addTableJoin<K, V>(graph: Graph, plan: TableJoinPlan<K, V>): string {
  const { join, left, right, materialized } = plan;
  if (materialized !== undefined) requireStoreName(materialized, 'KTABLE-MERGE');
  const store = materialized === undefined ? null : graph.storeName('KTABLE-MERGE-', materialized.name);
  const merge = graph.name('KTABLE-MERGE-', plan.name);
  const sides = [graph.backing(left), graph.backing(right)] as const;
  graph.copartition(left, right);
  if (join !== 'inner') sides[0].sendOldValues(true);
  if (join === 'outer') sides[1].sendOldValues(true);
  const leftReads = sides[0].readFrom();
  const rightReads = sides[1].readFrom();
  const joinThis = graph.name('KTABLE-JOINTHIS-', plan.name === undefined ? undefined : `${plan.name}-join-this`);
  const joinOther = graph.name('KTABLE-JOINOTHER-', plan.name === undefined ? undefined : `${plan.name}-join-other`);
  const joiner = graph.function(merge, 'joiner', plan.joiner);
  const backing = graph.table(merge, derivedTable(store, sides, false, true));
  const side = (name: string, on: 'left' | 'right', parent: string, other: string, reads: readonly string[]): void =>
    graph.processor(name, [parent], () => ({
      type: 'tableJoin',
      join,
      side: on,
      other,
      reads,
      joiner,
      sendsOld: store === null && backing.sendsOldValues,
    }));
  side(joinThis, 'left', left, right, rightReads);
  side(joinOther, 'right', right, left, leftReads);
  if (store !== null)
    graph.store(storeSpec(graph, store, { ...materialized, key: materialized?.key ?? plan.key }, null));
  graph.processor(merge, [joinThis, joinOther], () => ({
    type: 'tableJoinMerge',
    store,
    join,
    left,
    right,
    joiner,
    sendsOld: backing.sendsOldValues,
  }));
  return merge;
}
