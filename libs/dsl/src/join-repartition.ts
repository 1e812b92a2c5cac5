import type { Serde } from '@millrace/serde';
import type { StreamState } from './k-stream.ts';
import { repartition, repartitionNames } from './repartition.ts';

/** Streams that went through a topic for a join under their own name: a second join reads the same topic, as in the JVM. */
const joinedThrough = new WeakMap<object, StreamState<never, never>>();

/** A side of a join: a stream whose keys may have changed goes through a topic, called after `given` or after the stream's node. */
export function repartitionForJoin<K, V>(
  stream: StreamState<K, V>,
  given: string | undefined,
  keySerde: Serde<K> | undefined,
  valueSerde: Serde<V> | undefined,
): StreamState<K, V> {
  if (!stream.rekeyed) return stream;
  const { graph, node: parent } = stream;
  const prefix = given ?? parent;
  const names = repartitionNames(graph, prefix);
  const known = joinedThrough.get(stream);
  if (known !== undefined && prefix === parent) return known;
  const key = keySerde ?? stream.key;
  const value = valueSerde ?? stream.value;
  const node = repartition(graph, names, { parent, prefix, key, value });
  const through: StreamState<K, V> = { graph, node, key, value, rekeyed: false };
  joinedThrough.set(stream, through as StreamState<never, never>);
  return through;
}
