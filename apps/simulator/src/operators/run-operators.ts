/** One simulation of the operators under the faults of a plan: fed, hurt, healed, started anew, fed again, and checked. */
import { createKafkaClient } from '@millrace/client';
import type { KafkaClient } from '@millrace/ports';
import { partitionForKey } from '@millrace/protocol';
import { EmbeddedRegistry } from '@millrace/schema-registry';
import {
  brokerAddress,
  poisonAmbient,
  unfinished,
  World,
  type CommittedRecord,
  type HostPorts,
} from '@millrace/testing';
import type { Violation } from '../checks.ts';
import type { MutantName } from '../mutant.ts';
import { drawPlan, type Plan } from '../plan.ts';
import { applicationId, launchWorker } from '../worker.ts';
import { operatorViolations, type Fed } from './operators-checks.ts';
import { inputTopics, operatorsProgram, outputTopics } from './operators-program.ts';

const limits = { timeMs: 180_000, events: 3_000_000 };
const keys = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
const lookMs = 200;
const changelogs = ['sessions', 'windows', 'numbers'].map((store) => `${applicationId}-${store}-changelog`);

/** The plan of a seed, exactly once; the feeder aborts nothing. */
export function operatorsPlan(seed: number): Plan {
  return { ...drawPlan(seed), guarantee: 'exactly_once_v2', feedAbortShare: undefined };
}

export async function runOperators(plan: Plan, mutant?: MutantName): Promise<Violation[]> {
  const mend = poisonAmbient();
  try {
    return await run(plan, mutant);
  } finally {
    mend();
  }
}

async function run(plan: Plan, mutant: MutantName | undefined): Promise<Violation[]> {
  const registry = new EmbeddedRegistry();
  const program = operatorsProgram();
  const world = new World({
    seed: plan.seed,
    broker: {
      transactionVersion: plan.transactionVersion,
      markerDelay: { minMs: 0, maxMs: plan.markerDelayMs },
      forgetsMarkers: plan.transactionVersion === 2,
      cleanupIntervalMs: 0,
    },
    workers: plan.workers,
    network: plan.network,
    disk: plan.disk,
    keepTrace: false,
    launch: (ports) => launchWorker(ports, { plan, registry, mutant, program }),
  });
  const fed = drawFed(world, plan);
  let end: { readonly error?: unknown } | undefined;
  play(world, plan, fed).then(
    () => (end = {}),
    (error: unknown) => (end = { error }),
  );
  const ended = await world.run(() => end !== undefined || world.failures.length > 0, limits);
  const [failure] = world.failures;
  if (failure !== undefined) return [{ check: `${failure.worker} keeps running`, text: String(failure.error) }];
  if (end?.error !== undefined) return [{ check: 'scenario', text: String(end.error) }];
  if (ended !== 'done') return [{ check: 'liveness', text: `the run ended by ${ended}` }];
  const committed = (topic: string): CommittedRecord[] => world.logs(topic).flatMap(({ records }) => [...records]);
  return operatorViolations(fed, committed);
}

async function play(world: World, plan: Plan, fed: readonly Fed[]): Promise<void> {
  const host = world.observer('test');
  const client = createKafkaClient({ ...host, bootstrapServers: [brokerAddress], clientId: 'test' });
  await client.connect();
  const topics = [...inputTopics, ...outputTopics];
  await client.admin.createTopics(topics.map((name) => ({ name, partitions: plan.partitions, replicationFactor: 1 })));
  const feed = await feeder(client, host, plan);
  const afterwards = Math.ceil(fed.length * (1 - plan.afterwardsShare));
  const startedMs = host.clock.monotonic();
  const quiet = async (): Promise<void> => {
    const work = { group: applicationId, inputs: inputTopics, topics: [...topics, ...changelogs] };
    while ((await unfinished(world, client, work)) !== undefined) await host.clock.sleep(lookMs);
  };
  world.startWorkers();
  world.schedule(plan.faults);
  await feed(fed.slice(0, afterwards));
  const lastFaultMs = startedMs + Math.max(0, ...plan.faults.map(({ atMs }) => atMs));
  await host.clock.sleep(Math.max(0, lastFaultMs - host.clock.monotonic()));
  world.heal();
  await quiet();
  await world.stopWorkers();
  world.startWorkers();
  await feed(fed.slice(afterwards));
  await quiet();
  await world.stopWorkers();
}

/** In the order of event time, so that nothing is late; closing records for every key at the end. */
function drawFed(world: World, plan: Plan): Fed[] {
  const random = world.streams.stream('operators');
  const pick = <T>(from: readonly T[]): T => from[random.int(from.length)] as T;
  let timestamp = 1_000_000;
  const fed = Array.from({ length: plan.posts }, (_, i): Fed => {
    timestamp += random.int(9_000);
    return { topic: pick(inputTopics), key: pick(keys), value: `v${i}`, timestamp };
  });
  const last = timestamp + 600_000;
  return [...fed, ...keys.map((key): Fed => ({ topic: 'left', key, value: 'end', timestamp: last }))];
}

async function feeder(
  client: KafkaClient,
  host: HostPorts,
  plan: Plan,
): Promise<(fed: readonly Fed[]) => Promise<void>> {
  const producer = client.producer({ lingerMs: 0 });
  await producer.prepare([...inputTopics]);
  const pauseMs = plan.feedMs / plan.posts;
  return async (fed) => {
    for (const { topic, key, value, timestamp } of fed) {
      const bytes = Buffer.from(key);
      producer.append(
        topic,
        partitionForKey(bytes, producer.partitionCount(topic)),
        bytes,
        Buffer.from(value),
        timestamp,
      );
      await producer.flush();
      await host.clock.sleep(pauseMs);
    }
  };
}
