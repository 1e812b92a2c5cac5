/** Operators without state: one closure each, timestamps unchanged. */
import type { StreamNode } from './node-function.ts';

export function filter(
  predicate: (key: unknown, value: unknown) => boolean,
  negate: boolean,
  next: StreamNode,
): StreamNode {
  return (key, value, timestamp) => {
    if (predicate(key, value) !== negate) next(key, value, timestamp);
  };
}

export function map(
  mapper: (key: unknown, value: unknown) => readonly [unknown, unknown],
  next: StreamNode,
): StreamNode {
  return (key, value, timestamp) => {
    const mapped = mapper(key, value);
    next(mapped[0], mapped[1], timestamp);
  };
}

export function flatMap(
  mapper: (key: unknown, value: unknown) => Iterable<readonly [unknown, unknown]>,
  next: StreamNode,
): StreamNode {
  return (key, value, timestamp) => {
    for (const mapped of mapper(key, value)) next(mapped[0], mapped[1], timestamp);
  };
}

export function mapValues(mapper: (value: unknown, key: unknown) => unknown, next: StreamNode): StreamNode {
  return (key, value, timestamp) => next(key, mapper(value, key), timestamp);
}

export function flatMapValues(
  mapper: (value: unknown, key: unknown) => Iterable<unknown>,
  next: StreamNode,
): StreamNode {
  return (key, value, timestamp) => {
    for (const mapped of mapper(value, key)) next(key, mapped, timestamp);
  };
}

export function selectKey(mapper: (key: unknown, value: unknown) => unknown, next: StreamNode): StreamNode {
  return (key, value, timestamp) => next(mapper(key, value), value, timestamp);
}

export function peek(action: (key: unknown, value: unknown) => void, next: StreamNode): StreamNode {
  return (key, value, timestamp) => {
    action(key, value);
    next(key, value, timestamp);
  };
}

export function foreach(action: (key: unknown, value: unknown) => void): StreamNode {
  return (key, value) => action(key, value);
}

/** A way out of a split; undefined accepts all. */
export interface Branch {
  readonly accepts: ((key: unknown, value: unknown) => boolean) | undefined;
  readonly next: StreamNode;
}

/** A record goes to the first branch that accepts it. */
export function branch(branches: readonly Branch[]): StreamNode {
  return (key, value, timestamp) => {
    for (const { accepts, next } of branches)
      if (accepts === undefined || accepts(key, value)) return next(key, value, timestamp);
  };
}

/** In front of a repartition topic: records without a key have no partition that matters (kafka-streams 2.10). */
export function repartitionFilter(dropNullKeys: boolean, next: StreamNode): StreamNode {
  if (!dropNullKeys) return next;
  return (key, value, timestamp) => {
    if (key !== null && key !== undefined) next(key, value, timestamp);
  };
}
