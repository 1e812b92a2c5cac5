/** One statement of a port's contract, with a check that throws where it does not hold. Free of any test runner: `test.each` runs a list of them. */
export interface ContractCase<H> {
  readonly name: string;
  run(harness: H): Promise<void>;
}
