/** What flows along the edges of a compiled topology: plain calls, depth first. */

/** A stream node: takes a record. Null stands for an absent key or value. */
export type StreamNode = (key: unknown, value: unknown, timestamp: number) => void;

/** A table node: takes a change of a row. */
export type TableNode = (key: unknown, newValue: unknown, oldValue: unknown, timestamp: number) => void;

/** Counters of one task; `dropped` and `late` by store or node. */
export interface OperatorMetrics {
  /** Past the grace: counted nowhere. */
  dropped(where: string): void;
  /** Behind the end of its window, inside the grace: counted. */
  late(where: string): void;
}

export function broadcast(children: readonly StreamNode[]): StreamNode {
  const [only] = children;
  if (only === undefined) return () => undefined;
  if (children.length === 1) return only;
  return (key, value, timestamp) => {
    for (let i = 0; i < children.length; i++) (children[i] as StreamNode)(key, value, timestamp);
  };
}

export function broadcastChange(children: readonly TableNode[]): TableNode {
  const [only] = children;
  if (only === undefined) return () => undefined;
  if (children.length === 1) return only;
  return (key, newValue, oldValue, timestamp) => {
    for (let i = 0; i < children.length; i++) (children[i] as TableNode)(key, newValue, oldValue, timestamp);
  };
}
