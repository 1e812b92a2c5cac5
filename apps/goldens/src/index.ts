export { compareCase } from './compare-case.ts';
export {
  compareContents,
  compareKeySequences,
  compareSequences,
  compareSets,
  compareValues,
  type Compare,
} from './compare-outcomes.ts';
export { runUnder, type Condition, type RunEnd } from './conditions.ts';
export { readCases, type CaseInput, type GoldenCase, type RecordInput, type Step } from './golden-case.ts';
export { withoutSequences } from './masked-sequences.ts';
export { runCase, type Outcome } from './run-case.ts';
