/**
 * A text that is the same for equal keys, whatever they are: what decides that two records of an asynchronous step must not run beside each other.
 * Different keys may share a text; their records then wait for each other, which costs time and nothing else.
 */
export function laneOfKey(key: unknown): string {
  switch (typeof key) {
    case 'string':
      return `s${key}`;
    case 'object':
      return key === null ? 'null' : laneOfObject(key);
    default:
      return `${typeof key}${String(key)}`;
  }
}

function laneOfObject(key: object): string {
  if (key instanceof Uint8Array)
    return `b${Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')}`;
  if (key instanceof Date) return `d${key.getTime()}`;
  if (Array.isArray(key)) return `[${key.map(laneOfKey).join(',')}]`;
  // The order in which properties were set does not make another key.
  const properties = Object.entries(key).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${properties.map(([name, value]) => `${name}:${laneOfKey(value)}`).join(',')}}`;
}
