/** An application as the processes of both engines are told of it: SCENARIO=APPLICATION_ID=INPUTS=OUTPUTS, and =NAME=VALUE for each setting. */
import type { Scenario, TopicPrefixes } from './scenario.ts';
import { scenarioOf } from './scenarios.ts';

export interface ApplicationSpec extends TopicPrefixes {
  readonly scenario: Scenario;
  readonly applicationId: string;
}

export function specText({ scenario, applicationId, inputs, outputs }: ApplicationSpec): string {
  const settings = Object.entries(scenario.settings ?? {}).flat();
  return [scenario.name, applicationId, inputs, outputs, ...settings].join('=');
}

/** Settings are those of the scenario. */
export function specOf(text: string): ApplicationSpec {
  const [scenario = '', applicationId = '', inputs = '', outputs = ''] = text.split('=');
  return { scenario: scenarioOf(scenario), applicationId, inputs, outputs };
}
