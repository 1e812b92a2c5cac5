/** npm start: feeds posts, counts their hashtags exactly once, reads the counts back and compares. `--help` shows the options. */
import { seededRandom, silentLogger, systemClock, systemRandom, MillraceError, type Logger } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import type { KafkaClient } from '@millrace/ports';
import { EmbeddedRegistry, createRegistryClient } from '@millrace/schema-registry';
import { KafkaStreams } from '@millrace/runtime';
import { levelEngines } from '@millrace/store-level';
import { avro } from 'millrace';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { allTimeCounts, sum } from './counted.ts';
import { feed, postsTopic } from './feeder.ts';
import { MentionFold } from './fold.ts';
import { generatePosts } from './generator.ts';
import { readPosts } from './input-file.ts';
import { UsageError, parseOptions, usage, type DemoOptions } from './options.ts';
import type { Post } from './post.ts';
import { postSchema } from './schemas.ts';
import { trendingHashtags } from './topology.ts';
import { lineView, terminalView, type Snapshot, type View } from './view.ts';

const results = ['hashtag-mentions-10m', 'hashtag-mentions-day', 'hashtag-mentions-all', 'trending-hashtags'];
const applicationId = 'trending-hashtags';
const partitions = 4;

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options === 'help') {
    console.log(usage);
    return 0;
  }
  const bootstrap = bootstrapOf(options);
  const client = clientOf(bootstrap, 'demo', silentLogger);
  await client.connect();
  try {
    return await runDemo(options, bootstrap, client);
  } finally {
    await client.close();
  }
}

function clientOf(bootstrapServers: string, clientId: string, logger: Logger): KafkaClient {
  return createKafkaClient({
    bootstrapServers,
    clientId,
    transport: tcpTransport(),
    clock: systemClock,
    random: systemRandom,
    logger,
  });
}

/** Real servers are started when they are not up. */
function bootstrapOf({ where }: DemoOptions): string {
  if (where.kind === 'own') return where.kafka;
  if (where.kind === 'embedded') {
    throw new UsageError('the embedded broker is not there yet: use --real (Java 17 and Maven), or --kafka HOST:PORT');
  }
  const cli = path.join(import.meta.dirname, '../../../tools/servers/cli.mjs');
  const { status, stdout } = spawnSync(process.execPath, [cli, 'up', 'kafka'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = /^kafka (\S+) up$/m.exec(stdout)?.[1];
  if (status !== 0 || address === undefined) throw new UsageError('Kafka did not start; see the lines above');
  return address;
}

async function runDemo(options: DemoOptions, bootstrap: string, client: KafkaClient): Promise<number> {
  const began = systemClock.monotonic();
  if (options.where.kind === 'real') await reset(client);
  await client.admin.createTopics(
    [postsTopic, ...results].map((name) => ({
      name,
      partitions,
      replicationFactor: -1,
      configs: { 'retention.ms': '-1' },
    })),
  );
  const registry =
    options.where.kind === 'own' && options.where.registry !== undefined
      ? createRegistryClient({ urls: [options.where.registry], clock: systemClock, random: systemRandom })
      : new EmbeddedRegistry();
  const before = sum(await allTimeCounts(client, 'hashtag-mentions-all'));

  const posts = options.input === undefined ? generated(options) : await all(readPosts(options.input));
  const graceMs = options.graceMs ?? (options.input === undefined ? 60_000 : spanOf(posts as readonly Post[]));
  const stateDir = mkdtempSync(path.join(tmpdir(), 'millrace-demo-'));
  const streams = new KafkaStreams(
    trendingHashtags({ grace: graceMs }),
    {
      applicationId,
      bootstrapServers: bootstrap,
      stateDir,
      processingGuarantee: options.guarantee,
      numStreamThreads: options.threads,
      commitIntervalMs: 100,
    },
    {
      client: clientOf(bootstrap, applicationId, warnings),
      engines: await levelEngines({ directory: stateDir }),
      clock: systemClock,
      random: systemRandom,
      logger: warnings,
      registry,
    },
  );
  const fold = new MentionFold({ graceMs });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const view: View = options.plain || !process.stdout.isTTY ? lineView(process.stderr) : terminalView(process.stdout);
  let phase = 'feeding; Ctrl-C drains and ends';
  const snapshot = (): Snapshot => snapshotOf(streams, fold, (systemClock.monotonic() - began) / 1_000, phase);
  const ticker = setInterval(() => view.show(snapshot()), 250);
  await streams.start();
  try {
    const producer = client.producer();
    await producer.prepare([postsTopic]);
    const serde = avro<Post>({ schema: postSchema });
    await serde.open?.({ topic: postsTopic, isKey: false, registry });
    const timer = options.forMs === undefined ? undefined : setTimeout(() => stop.abort(), options.forMs);
    const rate = options.input === undefined ? options.rate : Infinity;
    await feed(posts, { producer, serde, fold, clock: systemClock, rate, signal: stop.signal });
    clearTimeout(timer);
    await producer.close();
    phase = 'draining';
    const counted = await drained(client, before + fold.mentions);
    view.show(snapshot());
    const { late, dropped, transactions } = snapshot();
    const seconds = Math.round((systemClock.monotonic() - began) / 100) / 10;
    view.end();
    console.log(
      JSON.stringify({
        posts: fold.posts,
        mentions: fold.mentions,
        counted: counted - before,
        late,
        dropped,
        transactions,
        seconds,
      }),
    );
    return counted - before === fold.mentions ? 0 : 1;
  } finally {
    clearInterval(ticker);
    await streams.close({ timeoutMs: 25_000 });
    rmSync(stateDir, { recursive: true, force: true });
  }
}

/** The servers of this project are a playground: a run begins with empty topics. */
async function reset(client: KafkaClient): Promise<void> {
  const existing = await client.listTopics();
  const own = existing.filter(
    (name) => name === postsTopic || results.includes(name) || name.startsWith(`${applicationId}-`),
  );
  if (own.length > 0) await client.admin.deleteTopics(own);
  await client.admin.deleteGroup(applicationId).catch(() => undefined);
  while ((await client.listTopics()).some((name) => own.includes(name))) await systemClock.sleep(100);
}

/** Waits until the counts are what was fed, or have stood still for ten seconds. */
async function drained(client: KafkaClient, wanted: number): Promise<number> {
  let counted = -1;
  let since = systemClock.monotonic();
  while (systemClock.monotonic() - since < 10_000) {
    const now = sum(await allTimeCounts(client, 'hashtag-mentions-all'));
    if (now === wanted) return now;
    if (now !== counted) since = systemClock.monotonic();
    counted = now;
    await systemClock.sleep(100);
  }
  return counted;
}

function generated({ rate, speed, seed }: DemoOptions): Iterable<Post> {
  return generatePosts({
    random: seededRandom(seed),
    startMs: Date.UTC(2026, 0, 1),
    durationMs: 365 * 86_400_000,
    postsPerSecond: rate / speed,
  });
}

async function all(posts: AsyncIterable<Post>): Promise<readonly Post[]> {
  const read: Post[] = [];
  for await (const post of posts) read.push(post);
  return read;
}

/** As wide as the file, a window more: tasks in front of the repartition topic run ahead of each other. */
function spanOf(posts: readonly Post[]): number {
  let [first, last] = [Infinity, 0];
  for (const { createdAt } of posts) {
    first = Math.min(first, createdAt);
    last = Math.max(last, createdAt);
  }
  return Math.max(60_000, last - first + 600_000);
}

function snapshotOf(streams: KafkaStreams, fold: MentionFold, seconds: number, phase: string): Snapshot {
  const { processed, late, dropped, commits } = streams.metrics();
  return {
    seconds,
    posts: fold.posts,
    mentions: fold.mentions,
    processed,
    late: total(late),
    dropped: total(dropped),
    transactions: commits,
    rows: 0,
    phase,
    windowStart: undefined,
    top: [],
  };
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}

const warnings: Logger = {
  log: (level, text, fields) => {
    if (level === 'error' || level === 'warn')
      process.stderr.write(`${level}: ${text} ${JSON.stringify(fields ?? {})}\n`);
  },
};

main()
  .then((code) => process.exit(code))
  .catch((error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    if (MillraceError.is(error)) console.error(`remedy: ${error.remedy}`);
    if (error instanceof UsageError) console.error(usage);
    process.exit(error instanceof UsageError ? 2 : 1);
  });
