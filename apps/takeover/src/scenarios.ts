/** The topologies that are taken over. Each is written twice: with Millrace in the files beside this one, and in Java under testdata/jvm. */
import { joinScenarios } from './join-scenarios.ts';
import type { Scenario } from './scenario.ts';
import { tableScenarios } from './table-scenarios.ts';
import { windowScenarios } from './window-scenarios.ts';

export const scenarios: readonly Scenario[] = [...windowScenarios, ...joinScenarios, ...tableScenarios];

/** The scenario of a name. Throws for one that there is not. */
export function scenarioOf(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}
