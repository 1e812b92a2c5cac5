import type { Random } from '@millrace/base';
import type { EngineName } from './engine.ts';

/** A part of a run on one engine, and how it ends. */
export interface Leg {
  readonly engine: EngineName;
  /** How much of the input has been fed when it ends, 0 to 1. */
  readonly until: number;
  /** `stop`: in order; `kill`: with -9. */
  readonly end: 'stop' | 'kill';
}

/**
 * JVM, Millrace, JVM, ... with random cut points. Of two rounds one kills where the other stops. The last leg gets what is left, and is stopped when
 * everything is done.
 */
export function legsOf(count: number, round: number, random: Random): readonly Leg[] {
  const cuts = Array.from({ length: count - 1 }, (_, i) => (i + 0.4 + 0.8 * random.next()) / count);
  return Array.from({ length: count }, (_, i) => ({
    engine: i % 2 === 0 ? 'jvm' : 'millrace',
    until: cuts[i] ?? 1,
    end: (i + round) % 2 === 0 && i < count - 1 ? 'kill' : 'stop',
  }));
}
