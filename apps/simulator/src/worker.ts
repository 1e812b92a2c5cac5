/** What runs in a simulated worker: the real runtime on the real client, as apps/worker wires them, over simulated ports. */
import { trendingHashtags } from '@millrace/app-demo';
import { createKafkaClient } from '@millrace/client';
import type { SchemaRegistry } from '@millrace/ports';
import { KafkaStreams, processIdentity } from '@millrace/runtime';
import { brokerAddress, streamsProgram, type RunningProgram, type WorkerPorts } from '@millrace/testing';
import type { Program } from '@millrace/topology';
import { faithful, mutants, type MutantName } from './mutant.ts';
import type { Plan } from './plan.ts';

export const applicationId = 'trending';

export interface WorkerOptions {
  readonly plan: Plan;
  readonly registry: SchemaRegistry;
  readonly mutant: MutantName | undefined;
  /** @default trending hashtags */
  readonly program?: Program;
  /** Settings beyond those of the plan. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
}

export function launchWorker(ports: WorkerPorts, options: WorkerOptions): RunningProgram {
  return streamsProgram(ports, () => streamsOf(ports, options));
}

async function streamsOf(ports: WorkerPorts, options: WorkerOptions): Promise<KafkaStreams> {
  const { plan, registry, mutant, config, program = trendingHashtags({ grace: plan.graceMs }) } = options;
  const { clock, random, logger, disk, name } = ports;
  const { transport, wiring } = mutant === undefined ? faithful : mutants[mutant];
  const client = createKafkaClient({
    bootstrapServers: [brokerAddress],
    clientId: name,
    transport: transport(ports.transport),
    clock,
    random,
    logger,
    requestTimeoutMs: plan.requestTimeoutMs,
  });
  const groupInstanceId = plan.staticMembers ? await processIdentity(disk, random) : null;
  return new KafkaStreams(
    program,
    { ...configOf(plan), ...config, groupInstanceId },
    {
      ...wiring({ client, engines: disk }),
      clock,
      random,
      logger,
      registry,
    },
  );
}

function configOf(plan: Plan): Record<string, unknown> {
  return {
    applicationId,
    bootstrapServers: brokerAddress,
    processingGuarantee: plan.guarantee,
    numStreamThreads: plan.threads,
    commitIntervalMs: plan.commitIntervalMs,
    transactionTimeoutMs: plan.transactionTimeoutMs,
    sessionTimeoutMs: plan.sessionTimeoutMs,
    heartbeatIntervalMs: Math.floor(plan.sessionTimeoutMs / 3),
    statestoreCacheMaxBytes: plan.cacheBytes,
    bufferedRecordsPerPartition: plan.bufferedRecords,
    repartitionPurgeIntervalMs: plan.purgeIntervalMs,
    'topic.segment.bytes': String(plan.segmentBytes),
  };
}
