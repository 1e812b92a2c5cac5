/** Joins, sessions, suppressed windows and a processor with a store, under faults. */
import type { Random } from '@millrace/base';
import { drawPlan, type Plan } from '../plan.ts';
import type { Fed, Subject } from '../subject.ts';
import { applicationId } from '../worker.ts';
import { operatorViolations } from './operators-checks.ts';
import { inputTopics, operatorsProgram, outputTopics } from './operators-program.ts';

const keys = ['a', 'b', 'c', 'd', 'e', 'f'] as const;

export const operators: Subject = {
  name: 'operators',
  /** The feeder aborts nothing; event time is long ago, so nothing is cleaned up. */
  plan: (seed) => ({
    ...drawPlan(seed),
    guarantee: 'exactly_once_v2',
    feedAbortShare: undefined,
    cleanupIntervalMs: 0,
  }),
  program: () => operatorsProgram(),
  inputs: inputTopics,
  outputs: outputTopics,
  repartitions: [],
  changelogs: ['sessions', 'windows', 'numbers'].map((store) => `${applicationId}-${store}-changelog`),
  drawFed,
  violations: (fed, committed) => operatorViolations(fed, (topic) => committed(topic).flat()),
};

/** In the order of event time, so that nothing is late; closing records for every key at the end. */
function drawFed(random: Random, plan: Plan): Fed[] {
  const pick = <T>(from: readonly T[]): T => from[random.int(from.length)] as T;
  let timestamp = 1_000_000;
  const fed = Array.from({ length: plan.posts }, (_, i): Fed => {
    timestamp += random.int(9_000);
    return { topic: pick(inputTopics), key: pick(keys), value: `v${i}`, timestamp };
  });
  const last = timestamp + 600_000;
  return [...fed, ...keys.map((key): Fed => ({ topic: 'left', key, value: 'end', timestamp: last }))];
}
