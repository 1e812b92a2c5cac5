/** Joins of two streams: names, stores and nodes as the JVM lays them out. */
import type { JoinKind, JoinOperation, JoinWindowsSpec, StoreSpec } from '@millrace/topology';
import { requireNames, requireOptions } from './argument.ts';
import type { AnyFunction, Graph } from './graph.ts';
import type { StreamJoined } from './join-options.ts';
import { repartitionForJoin } from './join-repartition.ts';
import type { JoinWindows } from './join-windows.ts';
import type { StreamState } from './k-stream.ts';

/** Names of the nodes and stores of a join. */
interface JoinNames {
  readonly thisWindowed: string;
  readonly otherWindowed: string;
  readonly thisJoin: string;
  readonly otherJoin: string;
  readonly merge: string;
  readonly thisStore: string;
  readonly otherStore: string;
  readonly waitingStore: string;
}

/** Where the joined stream stands. */
export function joinStreams<K, V, V2, VR>(
  kind: JoinKind,
  left: StreamState<K, V>,
  right: StreamState<K, V2>,
  joiner: AnyFunction,
  { spec: windows }: JoinWindows,
  joined: StreamJoined<K, V, V2>,
): StreamState<K, VR> {
  const { graph } = left;
  requireOptions('a join', joined);
  requireNames('join', joined.name, joined.storeName);
  const suffixed = (suffix: string): string | undefined => joined.name && `${joined.name}${suffix}`;
  const one = repartitionForJoin(left, suffixed('-left'), joined.key, joined.value);
  const other = repartitionForJoin(right, suffixed('-right'), joined.key, joined.otherValue);
  graph.copartition(one.node, other.node);
  const names = namesOf(graph, kind, joined);
  const key = joined.key ?? one.key ?? other.key;
  const hasWaiting = kind !== 'inner' && !windows.emitsEagerly;
  const serdes = { key, value: joined.value ?? one.value, otherValue: joined.otherValue ?? other.value };
  addStores(graph, names, windows, { ...joined, ...definedOf(serdes) }, hasWaiting);
  graph.processor(names.thisWindowed, [one.node], { type: 'joinWindow', store: names.thisStore });
  graph.processor(names.otherWindowed, [other.node], { type: 'joinWindow', store: names.otherStore });
  const common = {
    type: 'streamJoin',
    kind,
    join: names.merge,
    windows,
    joiner: graph.function(names.merge, 'joiner', joiner),
  } as const;
  const readsWith = (store: string): readonly [string] | readonly [string, string] =>
    hasWaiting ? [store, names.waitingStore] : [store];
  const thisJoin: JoinOperation = { ...common, side: 'left', reads: readsWith(names.otherStore) };
  const otherJoin: JoinOperation = { ...common, side: 'right', reads: readsWith(names.thisStore) };
  graph.processor(names.thisJoin, [names.thisWindowed], thisJoin);
  graph.processor(names.otherJoin, [names.otherWindowed], otherJoin);
  graph.processor(names.merge, [names.thisJoin, names.otherJoin], { type: 'merge' });
  return { graph, node: names.merge, key, value: undefined, rekeyed: false };
}

/** Takes the indices that the JVM takes, in its order. */
function namesOf(
  graph: Graph,
  kind: JoinKind,
  { name, storeName }: Pick<StreamJoined<never, never, never>, 'name' | 'storeName'>,
): JoinNames {
  const given = (suffix: string): string | undefined => (name === undefined ? undefined : `${name}${suffix}`);
  const thisSuffix = kind === 'outer' ? '-outer-this-join' : '-this-join';
  const otherSuffix = kind === 'inner' ? '-other-join' : '-outer-other-join';
  const thisWindowed = graph.name('KSTREAM-WINDOWED-', given('-this-windowed'));
  const otherWindowed = graph.name('KSTREAM-WINDOWED-', given('-other-windowed'));
  const thisPrefix = kind === 'outer' ? 'KSTREAM-OUTERTHIS-' : 'KSTREAM-JOINTHIS-';
  const thisGenerated = graph.name(thisPrefix);
  const otherGenerated = graph.name(kind === 'inner' ? 'KSTREAM-JOINOTHER-' : 'KSTREAM-OUTEROTHER-');
  const stored = (generated: string, suffix: string): string =>
    `${storeName === undefined ? generated : `${storeName}${suffix}`}-store`;
  return {
    thisWindowed,
    otherWindowed,
    thisJoin: given(thisSuffix) ?? thisGenerated,
    otherJoin: given(otherSuffix) ?? otherGenerated,
    merge: graph.name('KSTREAM-MERGE-', given('-merge')),
    thisStore: stored(thisGenerated, thisSuffix),
    otherStore: stored(otherGenerated, otherSuffix),
    waitingStore: stored(
      `KSTREAM-OUTERSHARED-${thisGenerated.slice(thisPrefix.length)}`,
      kind === 'outer' ? '-outer-shared-join' : '-left-shared-join',
    ),
  };
}

function addStores<K, V, V2>(
  graph: Graph,
  { thisStore, otherStore, waitingStore }: JoinNames,
  { beforeMs, afterMs, graceMs }: JoinWindowsSpec,
  { key, value, otherValue, logging = true, logConfig = {}, inMemory = false }: StreamJoined<K, V, V2>,
  hasWaiting: boolean,
): void {
  const sizeMs = beforeMs + afterMs;
  const common = { persistent: !inMemory, caching: false, logging, keySerde: graph.serde(key) } as const;
  // Rows with equal keys are different records: compaction would lose all but one.
  const side: Omit<StoreSpec, 'name' | 'valueSerde'> = {
    ...common,
    kind: 'join',
    logConfig: { ...logConfig, 'cleanup.policy': 'delete' },
    window: { sizeMs, retentionMs: sizeMs + graceMs },
  };
  const [valueSerde, otherValueSerde] = [graph.serde(value), graph.serde(otherValue)];
  graph.store({ ...side, name: thisStore, valueSerde });
  graph.store({ ...side, name: otherStore, valueSerde: otherValueSerde });
  if (!hasWaiting) return;
  graph.store({
    ...common,
    kind: 'joinWaiting',
    name: waitingStore,
    logConfig,
    valueSerde,
    otherValueSerde,
    window: null,
  });
}

/** The fields that are there. */
function definedOf<T extends object>(from: T): { [P in keyof T]?: NonNullable<T[P]> } {
  return Object.fromEntries(Object.entries(from).filter(([, value]) => value !== undefined)) as never;
}
