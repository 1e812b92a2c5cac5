/** The plan that a thread goes by: another one takes its place, between two turns, when topics have come or gone under the patterns of the topology. */
import type { ApplicationPlan } from './application-plan.ts';

export class LivePlan implements ApplicationPlan {
  #plan: ApplicationPlan;

  constructor(plan: ApplicationPlan) {
    this.#plan = plan;
  }

  /** What its parts see from now on. */
  become(plan: ApplicationPlan): void {
    this.#plan = plan;
  }

  get applicationId(): ApplicationPlan['applicationId'] {
    return this.#plan.applicationId;
  }

  get subtopologies(): ApplicationPlan['subtopologies'] {
    return this.#plan.subtopologies;
  }

  get groups(): ApplicationPlan['groups'] {
    return this.#plan.groups;
  }

  get inputs(): ApplicationPlan['inputs'] {
    return this.#plan.inputs;
  }

  get internalTopics(): ApplicationPlan['internalTopics'] {
    return this.#plan.internalTopics;
  }

  get copartitions(): ApplicationPlan['copartitions'] {
    return this.#plan.copartitions;
  }

  get outputs(): ApplicationPlan['outputs'] {
    return this.#plan.outputs;
  }

  get fingerprint(): ApplicationPlan['fingerprint'] {
    return this.#plan.fingerprint;
  }

  get hasState(): ApplicationPlan['hasState'] {
    return this.#plan.hasState;
  }

  get global(): ApplicationPlan['global'] {
    return this.#plan.global;
  }

  get deadLetters(): ApplicationPlan['deadLetters'] {
    return this.#plan.deadLetters;
  }
}
