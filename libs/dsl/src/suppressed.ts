import { durationMs, millraceError, type Duration } from '@millrace/base';
import type { Windowed } from '@millrace/serde';
import type { StoreSpec, SuppressSpec } from '@millrace/topology';
import { refuseArgument, requireCount, requireWord } from './argument.ts';
import type { Graph } from './graph.ts';

/** What a suppression keeps at most, and how it is logged (JVM: Suppressed.BufferConfig). Without limits it takes the memory that it needs. */
export interface BufferLimits {
  /** Keys that wait at most. */
  readonly maxRecords?: number;
  /** Bytes of what waits at most, counted as the JVM library does. */
  readonly maxBytes?: number;
  /** A changelog topic, so that what waits is there after a restart. @default true */
  readonly logging?: boolean;
  /** Settings of the changelog topic. */
  readonly logConfig?: Readonly<Record<string, string>>;
}

/** One result a window, when nothing can change it any more: at its end plus the grace of the aggregation (JVM: untilWindowCloses). */
export interface UntilWindowCloses {
  /** The kind of limit. */
  readonly until: 'windowCloses';
  /** Name of the node; its buffer is called `<name>-store`. */
  readonly name?: string;
  /** A full buffer stops the application: an early result would not be final. */
  readonly buffer?: BufferLimits & { readonly whenFull?: 'shutdown' };
}

/** The last change of a key, this long in stream time after the first one that waits (JVM: untilTimeLimit). */
export interface UntilTimeLimit {
  /** The kind of limit. */
  readonly until: 'timeLimit';
  /** How long a change waits, in stream time. */
  readonly timeLimit: Duration;
  /** Name of the node; its buffer is called `<name>-store`. */
  readonly name?: string;
  /** When the buffer is full: what has waited longest is sent early, or the application stops. @default 'emit' */
  readonly buffer?: BufferLimits & { readonly whenFull?: 'emit' | 'shutdown' };
}

/** How changes of a table are held back (JVM: Suppressed). Only windows close. */
export type Suppressed<K> = [K] extends [Windowed<unknown>] ? UntilWindowCloses | UntilTimeLimit : UntilTimeLimit;

/** What to do with the changes of the table at `node`. */
export function suppressSpec(graph: Graph, node: string, suppressed: UntilWindowCloses | UntilTimeLimit): SuppressSpec {
  const { maxRecords, maxBytes, whenFull } = suppressed.buffer ?? {};
  requireWord('suppress', 'until', ['windowCloses', 'timeLimit'], suppressed.until);
  requireWord('suppress', 'buffer.whenFull', ['emit', 'shutdown'], whenFull ?? 'shutdown');
  requireCount('suppress', 'buffer.maxRecords', maxRecords);
  requireCount('suppress', 'buffer.maxBytes', maxBytes);
  const isFinal = suppressed.until === 'windowCloses';
  if (isFinal && (whenFull as string) === 'emit')
    refuseArgument(
      'suppress',
      'buffer.whenFull',
      "'shutdown': an early result of a window would not be final",
      whenFull,
    );
  return {
    until: suppressed.until,
    durationMs: isFinal ? closeDelayMs(graph, node) : durationMs(suppressed.timeLimit),
    ...(maxRecords === undefined ? {} : { maxRecords }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    whenFull: whenFull ?? (isFinal ? 'shutdown' : 'emit'),
    dropsTombstones: isFinal,
  };
}

export function suppressStore(
  name: string,
  serdes: Pick<StoreSpec, 'keySerde' | 'valueSerde'>,
  { logging = true, logConfig = {} }: BufferLimits,
): StoreSpec {
  const kind = 'suppressBuffer';
  return { name, kind, persistent: false, caching: false, logging, logConfig, ...serdes, window: null };
}

/** How long after its end a window closes: the grace of the nearest aggregation, for sessions with the gap (JVM: GraphGraceSearchUtil). */
function closeDelayMs(graph: Graph, node: string): number {
  const delays = delaysBefore(graph, node);
  if (delays.length === 0)
    throw millraceError('MR_TOPOLOGY_WINDOW', { problem: `until windowCloses after ${node}, which has no windows` });
  return Math.max(...delays);
}

function delaysBefore(graph: Graph, name: string): number[] {
  const node = graph.find(name);
  if (node?.kind !== 'processor') return [];
  const { operation } = node;
  if ('windows' in operation) {
    const { graceMs, gapMs = 0 } = operation.windows as { readonly graceMs: number; readonly gapMs?: number };
    return [graceMs + gapMs];
  }
  return node.parents.flatMap((parent) => delaysBefore(graph, parent));
}
