/** A topology that the simulator runs under faults, what is fed to it, and what must have come of it. The main job has a scenario of its own. */
import type { Random } from '@millrace/base';
import type { CommittedRecord, WorkerPorts } from '@millrace/testing';
import type { Program } from '@millrace/topology';
import type { Violation } from './checks.ts';
import type { Plan } from './plan.ts';

/** A record that is fed. */
export interface Fed {
  readonly topic: string;
  readonly key: string;
  readonly value: string;
  readonly timestamp: number;
}

/** The committed records of a topic, partition by partition, by an independent reading of the log. */
export type Committed = (topic: string) => readonly (readonly CommittedRecord[])[];

export interface Subject {
  readonly name: string;
  /** The plan of a seed: exactly once, for every result is counted. */
  plan(seed: number): Plan;
  /** What runs in a worker; made for each of its lives. */
  program(ports: WorkerPorts): Program;
  /** Topics that are fed. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Topics of the application itself that it reads to their ends. */
  readonly repartitions: readonly string[];
  readonly changelogs: readonly string[];
  /** Settings beyond those of the plan. */
  readonly config?: Readonly<Record<string, unknown>>;
  drawFed(random: Random, plan: Plan): readonly Fed[];
  /** What does not hold in the end. */
  violations(fed: readonly Fed[], committed: Committed, plan: Plan): Violation[];
}
