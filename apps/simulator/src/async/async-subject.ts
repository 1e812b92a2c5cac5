/** Asynchronous steps under faults. */
import type { Random } from '@millrace/base';
import { simulationEpochMs } from '@millrace/testing';
import { drawPlan, type Plan } from '../plan.ts';
import type { Fed, Subject } from '../subject.ts';
import { applicationId } from '../worker.ts';
import { asyncViolations } from './async-checks.ts';
import { asyncProgram, inputTopics, outputTopics } from './async-program.ts';
import { service, type Tally } from './service.ts';

const keys = ['a', 'b', 'c', 'd', 'e', 'f'] as const;

/** `tally` counts what the calls of all its runs have met. */
export function asyncSteps(tally: Tally): Subject {
  return {
    name: 'async',
    plan: (seed) => ({ ...drawPlan(seed), guarantee: 'exactly_once_v2', feedAbortShare: undefined }),
    program: (ports) => asyncProgram(service(ports, tally)),
    inputs: inputTopics,
    outputs: outputTopics,
    repartitions: [`${applicationId}-by-bucket-repartition`],
    changelogs: ['numbers', 'journals', 'totals'].map((store) => `${applicationId}-${store}-changelog`),
    // Questions without an answer are passed over.
    config: { processingExceptionHandler: 'log-and-continue' },
    drawFed,
    violations: (_fed, committed, plan) => asyncViolations(committed, plan.cacheBytes === 0),
  };
}

/** Some keys come often, so that their records wait for each other; a few questions have no answer. */
function drawFed(random: Random, { posts, feedMs }: Plan): Fed[] {
  return Array.from({ length: posts }, (_, i): Fed => {
    const key = keys[Math.min(random.int(keys.length), random.int(keys.length))] as string;
    const value = `v${i}${random.next() < 0.04 ? '?' : ''}`;
    return { topic: inputTopics[0], key, value, timestamp: simulationEpochMs + Math.floor((i * feedMs) / posts) };
  });
}
