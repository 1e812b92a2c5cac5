/** How a stream is printed (JVM: Printed). */
export interface Printed<K, V> {
  /** Name of the node. @default one that counts up */
  readonly name?: string;
  /** In front of each line. @default the name of the stream's node */
  readonly label?: string;
  /** What is printed of a record. @default `key, value` */
  readonly mapper?: (key: K, value: V) => string;
  /** Takes each line, without its end: a file, a log. @default standard output */
  readonly write?: (line: string) => void;
}

/** `[label]: key, value` for each record, as the JVM prints it. */
export function printing<K, V>(node: string, printed: Printed<K, V>): (key: K, value: V) => void {
  const { label = node, write = console.log } = printed;
  const { mapper = (key: K, value: V): string => `${String(key)}, ${String(value)}` } = printed;
  return (key, value) => write(`[${label}]: ${mapper(key, value)}`);
}
