/** Joins of a stream with a table or a global table: a row is looked up for each record. */
import { durationMs } from '@millrace/base';
import { requireOptions } from './argument.ts';
import type { AnyFunction } from './graph.ts';
import type { GlobalTableState } from './global-k-table.ts';
import type { Joined } from './join-options.ts';
import { repartitionForJoin } from './join-repartition.ts';
import type { StreamState } from './k-stream.ts';
import type { TableState } from './k-table.ts';
import type { Named } from './options.ts';

export type LookupKind = 'inner' | 'left';

export function joinTable<K, V, V2, VR>(
  kind: LookupKind,
  stream: StreamState<K, V>,
  table: TableState<K, V2>,
  joiner: AnyFunction,
  joined: Joined<K, V, V2>,
): StreamState<K, VR> {
  const { graph } = stream;
  requireOptions('a join', joined);
  graph.requireSame(table, stream.node);
  const from = repartitionForJoin(stream, joined.name, joined.key, joined.value);
  graph.copartition(from.node, table.node);
  const name = graph.name(kind === 'left' ? 'KSTREAM-LEFTJOIN-' : 'KSTREAM-JOIN-', joined.name);
  const grace = joined.grace === undefined ? undefined : addBuffer(from, name, joined, durationMs(joined.grace));
  const tableReads = graph.backing(table.node).readFrom();
  graph.processor(name, [from.node], {
    type: 'streamTableJoin',
    kind,
    table: table.node,
    joiner: graph.function(name, 'joiner', joiner),
    reads: grace === undefined ? tableReads : [...tableReads, grace.buffer],
    ...(grace === undefined ? {} : { grace }),
  });
  return { graph, node: name, key: joined.key ?? from.key, value: undefined, rekeyed: false };
}

/** Where records wait for late rows of the table. Its serdes are told the name of the join in place of a topic (JVM). */
function addBuffer<K, V, V2>(
  { graph, key, value }: StreamState<K, V>,
  join: string,
  joined: Joined<K, V, V2>,
  graceMs: number,
): { readonly buffer: string; readonly graceMs: number } {
  const buffer = `${join}-Buffer`;
  graph.store({
    name: buffer,
    kind: 'joinBuffer',
    persistent: false,
    caching: false,
    logging: true,
    logConfig: {},
    keySerde: graph.serde(joined.key ?? key),
    valueSerde: graph.serde(joined.value ?? value),
    window: null,
    graceMs,
    serdeTopic: join,
  });
  return { buffer, graceMs };
}

export function joinGlobalTable<K, V, VR>(
  kind: LookupKind,
  stream: StreamState<K, V>,
  table: GlobalTableState,
  keySelector: AnyFunction,
  joiner: AnyFunction,
  named: Named,
): StreamState<K, VR> {
  const { graph, node, key, rekeyed } = stream;
  requireOptions('a join', named);
  graph.requireSame(table, node);
  const name = graph.name('KSTREAM-LEFTJOIN-', named.name);
  graph.processor(name, [node], {
    type: 'globalTableJoin',
    kind,
    global: table.store,
    keySelector: graph.function(name, 'keySelector', keySelector),
    joiner: graph.function(name, 'joiner', joiner),
  });
  return { graph, node: name, key, value: undefined, rekeyed };
}
