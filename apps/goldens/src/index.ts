export { compareCase } from './compare-case.ts';
export { readCases, type GoldenCase } from './golden-case.ts';
export { runCase, type Outcome } from './run-case.ts';
