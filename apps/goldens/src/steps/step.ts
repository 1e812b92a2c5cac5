/** A step of a case: what each file beside this one gives, by the step's `op`. */
import type { StreamsBuilder } from '@millrace/dsl';
import type { Step } from '../golden-case.ts';

/** Where a step finds what came before it, and leaves what it makes. */
export interface StepScope {
  readonly builder: StreamsBuilder;
  readonly config: Readonly<Record<string, string>>;
  /** What an earlier step has named `out`. */
  get(name: unknown): unknown;
  set(name: unknown, made: unknown): void;
}

export type RunStep = (step: Step, scope: StepScope) => void;
/** Steps by `op`. */
export type Steps = Readonly<Record<string, RunStep>>;
