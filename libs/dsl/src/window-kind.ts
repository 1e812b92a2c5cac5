/** What the windows of an aggregation ask of its store and of the keys of its table. */
import { sessionWindowed, timeWindowed, type Serde, type Windowed } from '@millrace/serde';
import type { SessionWindowsSpec, SlidingWindowsSpec, StoreSpec, TimeWindowsSpec } from '@millrace/topology';
import { refuseArgument } from './argument.ts';
import { SessionWindows } from './session-windows.ts';
import { SlidingWindows } from './sliding-windows.ts';
import { TimeWindows } from './time-windows.ts';
import { UnlimitedWindows } from './unlimited-windows.ts';

/** Throws MR_TOPOLOGY_ARGUMENT for what are no windows of aggregations; those of joins are none. */
export function requireWindows(windows: unknown): void {
  const kinds = [TimeWindows, SlidingWindows, SessionWindows, UnlimitedWindows];
  if (!kinds.some((kind) => windows instanceof kind))
    refuseArgument('windowedBy', 'windows', 'TimeWindows, SlidingWindows, SessionWindows or UnlimitedWindows', windows);
}

export interface WindowKind {
  readonly kind: Extract<StoreSpec['kind'], 'window' | 'session'>;
  readonly sizeMs: number;
  /** Rows must be kept at least so long; without a retention they are kept just so long. */
  readonly keptMs: number;
  readonly byKey: boolean;
  /** Final results are sent out of the record cache too (JVM: only those of time windows). */
  readonly cachesFinal: boolean;
  keySerde<K>(key: Serde<K>): Serde<Windowed<K>>;
}

export function timeWindowKind({ sizeMs, graceMs }: TimeWindowsSpec): WindowKind {
  const keySerde = <K>(key: Serde<K>): Serde<Windowed<K>> => timeWindowed(key, sizeMs);
  return { kind: 'window', sizeMs, keptMs: sizeMs + graceMs, byKey: false, cachesFinal: true, keySerde };
}

/** The right window of a record may be made as late as a time difference after its left one has ended. */
export function slidingWindowKind({ differenceMs, graceMs }: SlidingWindowsSpec): WindowKind {
  const keySerde = <K>(key: Serde<K>): Serde<Windowed<K>> => timeWindowed(key, differenceMs);
  const keptMs = 2 * differenceMs + graceMs;
  return { kind: 'window', sizeMs: differenceMs, keptMs, byKey: true, cachesFinal: false, keySerde };
}

export function sessionWindowKind({ gapMs, graceMs }: SessionWindowsSpec): WindowKind {
  const keptMs = gapMs + graceMs;
  return { kind: 'session', sizeMs: 0, keptMs, byKey: true, cachesFinal: false, keySerde: sessionWindowed };
}
