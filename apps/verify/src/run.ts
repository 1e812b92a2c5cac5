/** One verification: processes up, posts in while processes die, everything counted, processes down, then the checks. */
import { postSchema, type Post } from '@millrace/app-demo';
import { seededRandom, silentLogger, systemClock, systemRandom } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import type { KafkaClient } from '@millrace/ports';
import { EmbeddedRegistry, serveRegistry } from '@millrace/schema-registry';
import { avro } from '@millrace/serde';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { dropKeyspace, readRows, type Rows } from './cassandra-rows.ts';
import { runChaos, type ChaosResult } from './chaos.ts';
import { check, type Findings } from './check.ts';
import { ExpectedFold } from './expected.ts';
import { feed } from './feeder.ts';
import type { VerifyOptions } from './options.ts';
import { graceFor, postsFor } from './posts.ts';
import type { ServiceProcess } from './processes.ts';
import { ResultLog } from './result-log.ts';
import { repartitionTopics, runNames, type RunNames } from './run-names.ts';
import { serversFor, type Addresses } from './servers.ts';
import { settle } from './settle.ts';
import { processesOf } from './system.ts';
import { TopicFollower, readingClient } from './topic-reader.ts';

const partitions = 4;
const secondsPerFault = 5;
const secondsAtLeast = 5;
const progressMs = 2_000;

export interface Outcome extends Findings {
  readonly posts: number;
  readonly mentions: number;
  readonly kills: ChaosResult;
}

type Say = (text: string) => void;

/** Runs it. Throws when it cannot run; what is wrong with the results is in `faults`. */
export async function verify(options: VerifyOptions, say: Say): Promise<Outcome> {
  const posts = await postsFor(options);
  const addresses = serversFor(options);
  const names = runNames(systemRandom.uuid().slice(0, 8));
  const dir = mkdtempSync(path.join(tmpdir(), 'millrace-verify-'));
  const client = systemClient(addresses.kafka);
  await client.connect();
  const registry = new EmbeddedRegistry();
  const http = await serveRegistry(registry);
  const reader = readingClient(addresses.kafka);
  const system = { options, names, addresses, registryUrl: http.url, graceMs: graceFor(posts), dir };
  const processes = processesOf(system);
  const run: Run = { options, names, addresses, posts, registry, client, reader, processes, say };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void abandon(processes));
  say(`seed ${options.seed}, topics ${names.prefix}*, state and logs in ${dir}`);
  let isClean = false;
  try {
    const outcome = await runOn(run);
    isClean = outcome.faults.length === 0;
    return outcome;
  } finally {
    await Promise.all(processes.map((one) => one.kill()));
    // What cannot be removed must not hide what was found.
    if (!options.keep)
      await removeTraces(run).catch((error: unknown) => say(`topics were left behind: ${String(error)}`));
    if (isClean && !options.keep) rmSync(dir, { recursive: true, force: true });
    await Promise.allSettled([client.close(), reader.close(), http.close()]);
  }
}

/** No process is left behind. */
async function abandon(processes: readonly ServiceProcess[]): Promise<never> {
  await Promise.all(processes.map((one) => one.kill()));
  process.exit(130);
}

interface Run {
  readonly options: VerifyOptions;
  readonly names: RunNames;
  readonly addresses: Addresses;
  readonly posts: readonly Post[];
  readonly registry: EmbeddedRegistry;
  /** The client under test: it feeds and looks for open transactions, and checks nothing. */
  readonly client: KafkaClient;
  readonly reader: KafkaClient;
  readonly processes: readonly ServiceProcess[];
  readonly say: Say;
}

async function runOn(run: Run): Promise<Outcome> {
  const { names, reader, processes, posts, say } = run;
  const topics = ResultLog.topics(names.prefix);
  await createTopics(run, [`${names.prefix}posts`, ...topics]);
  const fold = new ExpectedFold();
  const log = new ResultLog(names.prefix);
  const follower = await TopicFollower.open(reader, topics, (batch, i) => log.add(batch, i));
  // Tables that cannot be read are told before anything runs.
  await rowsOf(run);
  for (const one of processes) one.start();
  const kills = await feedAndKill(run, fold, async () => {
    await follower.catchUp(progressMs / 2);
    say(`fed ${fold.result().posts}/${posts.length} posts; counted ${log.counted}/${fold.result().mentions} mentions`);
  });
  const expected = fold.result();
  await settle({
    follower,
    log,
    expected,
    rows: () => rowsOf(run),
    crashes: () => processes.flatMap(({ crashes }) => crashes),
    clock: systemClock,
    say,
  });
  await Promise.all(processes.map((one) => one.stop()));
  await follower.catchUp();
  await follower.close();
  const findings = await check({
    reader,
    names,
    expected,
    seenDuringRun: log,
    rows: await rowsOf(run),
    kills,
    processes,
  });
  return { posts: expected.posts, mentions: expected.mentions, kills, ...findings };
}

/** Feeds at a pace that leaves something for each kill, and says how far it is every two seconds. */
async function feedAndKill(run: Run, fold: ExpectedFold, progress: () => Promise<void>): Promise<ChaosResult> {
  const { options, names, client, processes, posts, registry, say } = run;
  const producer = client.producer();
  const topic = `${names.prefix}posts`;
  const serde = avro<Post>({ schema: postSchema });
  await serde.open?.({ topic, isKey: false, registry });
  const began = systemClock.monotonic();
  let faultsLeft = options.kills + options.freezes;
  const secondsLeft = (): number => {
    const atLeast = secondsAtLeast - (systemClock.monotonic() - began) / 1_000;
    return Math.max(0, atLeast, faultsLeft * secondsPerFault);
  };
  const feeding = feed({ posts, topic, producer, serde, fold, clock: systemClock, secondsLeft });
  const killing = runChaos({
    kills: options.kills,
    freezes: options.freezes,
    processes,
    client,
    results: ResultLog.topics(names.prefix),
    repartitions: repartitionTopics(names.applicationId),
    commitIntervalMs: options.commitIntervalMs,
    sessionTimeoutMs: options.sessionTimeoutMs,
    clock: systemClock,
    random: seededRandom(options.seed),
    struck: (text) => {
      faultsLeft--;
      say(text);
    },
  });
  const work = Promise.all([killing, feeding]).finally(() => producer.close());
  await during(work, progress);
  return (await work)[0];
}

async function during(work: Promise<unknown>, progress: () => Promise<void>): Promise<void> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  work.then(end, end);
  while (!ended.signal.aborted) {
    await systemClock.sleep(progressMs, ended.signal);
    await progress();
  }
}

/** Nothing is compacted or deleted: the checks read every record that was ever written. */
async function createTopics({ client }: Run, topics: readonly string[]): Promise<void> {
  await client.admin.createTopics(
    topics.map((name) => ({ name, partitions, replicationFactor: -1, configs: { 'retention.ms': '-1' } })),
  );
}

function rowsOf({ addresses: { cassandra }, names }: Run): Promise<Rows | undefined> {
  return cassandra === undefined ? Promise.resolve(undefined) : readRows(cassandra, names.keyspace);
}

async function removeTraces({ client, names, addresses }: Run): Promise<void> {
  const own = (await client.listTopics()).filter((name) => name.startsWith(names.applicationId));
  await Promise.allSettled([
    client.admin.deleteTopics(own),
    client.admin.deleteGroup(names.applicationId),
    client.admin.deleteGroup(names.connectorGroup),
    addresses.cassandra === undefined ? undefined : dropKeyspace(addresses.cassandra, names.keyspace),
  ]);
}

function systemClient(bootstrapServers: string): KafkaClient {
  return createKafkaClient({
    bootstrapServers,
    clientId: 'verify',
    transport: tcpTransport(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
}
