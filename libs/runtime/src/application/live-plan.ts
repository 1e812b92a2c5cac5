/** The plan that a thread goes by: another one takes its place, between two turns, when topics have come or gone under the patterns of the topology. */
import type { ApplicationPlan } from './application-plan.ts';

export interface LivePlan extends ApplicationPlan {
  /** What its parts see from now on. */
  become(plan: ApplicationPlan): void;
}

export function livePlan(plan: ApplicationPlan): LivePlan {
  const live: LivePlan = { ...plan, become: (next) => void Object.assign(live, next) };
  return live;
}
