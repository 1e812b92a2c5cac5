/** One simulation of a subject under the faults of a plan: fed, hurt, healed, started anew, fed again, and checked. */
import { createKafkaClient } from '@millrace/client';
import type { KafkaClient } from '@millrace/ports';
import { partitionForKey } from '@millrace/protocol';
import { EmbeddedRegistry } from '@millrace/schema-registry';
import { brokerAddress, unfinished, type HostPorts, type World } from '@millrace/testing';
import type { Violation } from './checks.ts';
import type { Plan } from './plan.ts';
import { limits, textOf, worldOf, type Outcome, type RunOptions } from './run-plan.ts';
import type { Fed, Subject } from './subject.ts';
import { applicationId, launchWorker } from './worker.ts';

const lookMs = 200;

export async function runSubject(subject: Subject, plan: Plan, { mutant, keepTrace }: RunOptions): Promise<Outcome> {
  const registry = new EmbeddedRegistry();
  const { config } = subject;
  const world = worldOf(plan, keepTrace, (ports) =>
    launchWorker(ports, { plan, registry, mutant, config, program: subject.program(ports) }),
  );
  const found = await settled(world, subject, plan);
  return {
    subject: subject.name,
    plan,
    violations: found,
    virtualMs: world.scheduler.nowMs,
    events: world.scheduler.events,
    hash: world.trace.hash,
    trace: world.trace.lines,
    abortedRecords: subject.outputs
      .flatMap((topic) => world.logs(topic))
      .reduce((sum, { aborted }) => sum + aborted, 0),
    logged: world.logged,
  };
}

/** Plays in virtual time; gives what does not hold in the end. */
async function settled(world: World, subject: Subject, plan: Plan): Promise<Violation[]> {
  const fed = subject.drawFed(world.streams.stream(subject.name), plan);
  let end: { readonly error?: unknown } | undefined;
  let waitsFor = 'the feeder';
  play(world, subject, plan, fed, (what) => (waitsFor = what)).then(
    () => (end = {}),
    (error: unknown) => (end = { error }),
  );
  const ended = await world.run(() => end !== undefined || world.failures.length > 0, limits);
  const [failure] = world.failures;
  if (failure !== undefined) return [{ check: `${failure.worker} keeps running`, text: textOf(failure.error) }];
  if (end?.error !== undefined) return [{ check: 'scenario', text: textOf(end.error) }];
  if (ended !== 'done') return [{ check: 'liveness', text: `the run ended by ${ended}; it waits for ${waitsFor}` }];
  return subject.violations(fed, (topic) => world.logs(topic).map(({ records }) => records), plan);
}

async function play(
  world: World,
  subject: Subject,
  plan: Plan,
  fed: readonly Fed[],
  waiting: (what: string) => void,
): Promise<void> {
  const { inputs, outputs, repartitions, changelogs } = subject;
  const host = world.observer('test');
  const client = createKafkaClient({ ...host, bootstrapServers: [brokerAddress], clientId: 'test' });
  await client.connect();
  const topics = [...inputs, ...outputs];
  await client.admin.createTopics(topics.map((name) => ({ name, partitions: plan.partitions, replicationFactor: 1 })));
  const feed = await feeder(client, host, inputs, plan);
  const afterwards = Math.ceil(fed.length * (1 - plan.afterwardsShare));
  const startedMs = host.clock.monotonic();
  const quiet = async (): Promise<void> => {
    const work = {
      group: applicationId,
      inputs: [...inputs, ...repartitions],
      topics: [...topics, ...repartitions, ...changelogs],
    };
    for (let open = await unfinished(world, client, work); open; open = await unfinished(world, client, work)) {
      waiting(open);
      await host.clock.sleep(lookMs);
    }
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

async function feeder(
  client: KafkaClient,
  host: HostPorts,
  inputs: readonly string[],
  plan: Plan,
): Promise<(fed: readonly Fed[]) => Promise<void>> {
  const producer = client.producer({ lingerMs: 0 });
  await producer.prepare([...inputs]);
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
