import type { Step } from '@millrace/app-goldens';
import type { Claims } from './claims.ts';
import type { Draw } from './draw.ts';
import type { InputOptions } from './draw-inputs.ts';

/** A topology of a family, what feeds it, and what must not depend on how it runs. */
export interface DrawnTopology {
  readonly topology: readonly Step[];
  readonly inputs: Omit<InputOptions, 'topics'> & { readonly topics: readonly string[] };
  readonly claims: Claims;
  readonly config?: Readonly<Record<string, string>>;
}

/** A kind of topologies, drawn at random. */
export type Family = (draw: Draw) => DrawnTopology;

/** Inputs of a case that has no windows. */
export function plainInputs(draw: Draw, topics: readonly string[]): DrawnTopology['inputs'] {
  const disorderMs = draw.chance(0.5) ? 0 : 40;
  return { topics, disorderMs, stepMs: 8, nullValues: 0.15, closeAfterMs: [] };
}
