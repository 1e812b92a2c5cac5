/** What runs in a simulated worker: the real runtime on the real client, as apps/worker wires them, over simulated ports. */
import { trendingHashtags } from '@millrace/app-demo';
import { createKafkaClient } from '@millrace/client';
import type { SchemaRegistry } from '@millrace/ports';
import { KafkaStreams } from '@millrace/runtime';
import { brokerAddress, type RunningProgram, type WorkerPorts } from '@millrace/testing';
import { mutants, type MutantName } from './mutant.ts';
import type { Plan } from './plan.ts';

export const applicationId = 'trending';

export interface WorkerOptions {
  readonly plan: Plan;
  readonly registry: SchemaRegistry;
  readonly mutant: MutantName | undefined;
}

export function launchWorker(ports: WorkerPorts, { plan, registry, mutant }: WorkerOptions): RunningProgram {
  const client = createKafkaClient({
    bootstrapServers: [brokerAddress],
    clientId: ports.name,
    transport: ports.transport,
    clock: ports.clock,
    random: ports.random,
    logger: ports.logger,
    requestTimeoutMs: plan.requestTimeoutMs,
  });
  const mutate =
    mutant === undefined ? (same: { client: typeof client; engines: typeof ports.disk }) => same : mutants[mutant];
  const streams = new KafkaStreams(trendingHashtags({ grace: plan.graceMs }), configOf(plan), {
    ...mutate({ client, engines: ports.disk }),
    clock: ports.clock,
    random: ports.random,
    logger: ports.logger,
    registry,
  });
  streams.onStateChange((state) => {
    if (state === 'ERROR') ports.failed(streams.failure);
  });
  return { start: () => streams.start(), stop: () => streams.close({ timeoutMs: 20_000 }) };
}

function configOf(plan: Plan): Record<string, unknown> {
  return {
    applicationId,
    bootstrapServers: brokerAddress,
    processingGuarantee: plan.guarantee,
    commitIntervalMs: plan.commitIntervalMs,
    transactionTimeoutMs: plan.transactionTimeoutMs,
    sessionTimeoutMs: plan.sessionTimeoutMs,
    heartbeatIntervalMs: Math.floor(plan.sessionTimeoutMs / 3),
    statestoreCacheMaxBytes: plan.cacheBytes,
  };
}
