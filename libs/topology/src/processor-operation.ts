import type { FunctionRef } from './references.ts';

/** Steps of the Processor API, as data. `reads` are the stores that the step is connected with. */
export type ProcessorOperation =
  /** supplier: () => Processor; with fixed keys () => FixedKeyProcessor. */
  | {
      readonly type: 'process' | 'processValues';
      readonly supplier: FunctionRef;
      readonly reads: readonly string[];
    }
  /** supplier: () => ValueTransformer. `store` keeps the results; null: nothing does. */
  | {
      readonly type: 'tableTransformValues';
      readonly store: string | null;
      readonly forgetsVersions?: boolean;
      readonly supplier: FunctionRef;
      readonly reads: readonly string[];
      /** Changes go on with the value before them. */
      readonly sendsOld: boolean;
    };
