/**
 * The main job, end to end in one process: a feeder, the application, the connector that fills the tables, and a reader that compares what was
 * counted with what was fed. Each of them talks to the others through Kafka alone, as separate processes would.
 */
import { seededRandom, systemClock, systemRandom, type Logger } from '@millrace/base';
import { startConnector, type Connector } from '@millrace/connect';
import type { KafkaClient } from '@millrace/ports';
import { KafkaStreams, avro } from 'millrace';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectorConfig } from './connector-config.ts';
import { feed } from './feeder.ts';
import { MentionFold } from './fold.ts';
import { generatePosts } from './generator.ts';
import { readPosts } from './input-file.ts';
import type { DemoOptions } from './options.ts';
import type { Post } from './post.ts';
import { postSchema, trendingSchema } from './schemas.ts';
import { connectorGroup, demoClient, type Surroundings } from './surroundings.ts';
import { TopicFollower } from './topic-follower.ts';
import { allTimeTopic, applicationId, createTopics, isDrained, postsTopic, trendingTopic } from './topics.ts';
import { trendingHashtags, type Trending } from './topology.ts';
import type { Snapshot, View } from './view.ts';

/** What a run came to: the last line on standard output. */
export interface Summary {
  /** Fed, by the feeder's own fold. */
  readonly posts: number;
  readonly mentions: number;
  /** The sum of the all-time counts that this run added, read back from the result topic with read_committed. */
  readonly counted: number;
  /** Rows in the tables. */
  readonly rows: number;
  /** Behind stream time, counted inside the grace. */
  readonly late: number;
  /** Past the grace: not in the windowed counts. */
  readonly dropped: number;
  readonly transactions: number;
  readonly seconds: number;
}

/** An application that stands still for so long will not get there any more. */
const patienceMs = 15_000;
const defaultGraceMs = 60_000;

export async function runDemo(
  options: DemoOptions,
  around: Surroundings,
  { view, logger, signal }: { readonly view: View; readonly logger: Logger; readonly signal: AbortSignal },
): Promise<Summary> {
  const run = new DemoRun(options, around, logger);
  try {
    return await run.play(view, signal);
  } finally {
    await run.close();
  }
}

class DemoRun {
  readonly #options: DemoOptions;
  readonly #around: Surroundings;
  readonly #logger: Logger;
  readonly #client: KafkaClient;
  readonly #ranking = avro<Trending>({ schema: trendingSchema });
  readonly #counts: TopicFollower<string, number>;
  readonly #rankings: TopicFollower<number, Trending>;
  readonly #stateDir = mkdtempSync(path.join(tmpdir(), 'millrace-demo-'));
  readonly #beganMs = systemClock.monotonic();
  readonly #closing: (() => Promise<unknown>)[] = [];

  constructor(options: DemoOptions, around: Surroundings, logger: Logger) {
    this.#options = options;
    this.#around = around;
    this.#logger = logger;
    this.#client = demoClient(around.kafka, 'demo', logger);
    this.#counts = new TopicFollower(this.#client, allTimeTopic, (key, value) => [
      key.toString('utf8'),
      Number(value.readBigInt64BE()),
    ]);
    this.#rankings = new TopicFollower(this.#client, trendingTopic, async (key, value) => {
      await this.#ranking.prepare?.(trendingTopic, value);
      return [Number(key.readBigInt64BE()), this.#ranking.deserialize(trendingTopic, value)];
    });
    this.#closing.push(async () => rmSync(this.#stateDir, { recursive: true, force: true }));
    this.#closing.push(() => this.#client.close());
  }

  async play(view: View, signal: AbortSignal): Promise<Summary> {
    const { admin } = this.#client;
    await this.#client.connect();
    await this.#ranking.open?.({ topic: trendingTopic, isKey: false, registry: this.#around.registry });
    await createTopics(admin, this.#around.postsConfigs);
    await this.#counts.catchUp();
    const before = sum(this.#counts.values);
    const graceMs = await this.#graceMs();
    const fold = new MentionFold({ graceMs });
    const streams = await this.#startStreams(graceMs);
    const connector = await this.#startConnector();

    let phase = 'feeding; Ctrl-C drains and ends';
    const snapshot = (): Snapshot => ({
      ...this.#seen(streams, fold),
      rows: connector.rowsWritten,
      phase,
    });
    const ticker = setInterval(() => view.show(snapshot()), 250);
    const stopFollowing = this.#follow();
    try {
      await this.#feed(fold, signal);
      phase = 'draining';
      await stopFollowing();
      const counted = (await this.#drained(streams)) - before;
      phase = 'writing the last rows';
      while (!(await connector.caughtUp())) await systemClock.sleep(50);
      view.show(snapshot());
      const { posts, mentions, late, dropped, transactions } = snapshot();
      const rows = await this.#around.countRows();
      const seconds = Math.round((systemClock.monotonic() - this.#beganMs) / 100) / 10;
      return { posts, mentions, counted, rows, late, dropped, transactions, seconds };
    } finally {
      clearInterval(ticker);
      view.end();
      await stopFollowing();
    }
  }

  /** What was opened last is closed first. */
  async close(): Promise<void> {
    for (const close of this.#closing.reverse()) await close();
  }

  async #startStreams(graceMs: number): Promise<KafkaStreams> {
    const { guarantee, threads } = this.#options;
    const { kafka, registry } = this.#around;
    const config = {
      applicationId,
      bootstrapServers: kafka,
      stateDir: this.#stateDir,
      processingGuarantee: guarantee,
      numStreamThreads: threads,
      commitIntervalMs: 100,
    };
    const streams = new KafkaStreams(trendingHashtags({ grace: graceMs }), config, { registry, logger: this.#logger });
    this.#closing.push(() => streams.close({ timeoutMs: 25_000 }));
    await streams.start();
    return streams;
  }

  async #startConnector(): Promise<Connector> {
    const { kafka, registry, sink } = this.#around;
    const client = demoClient(kafka, connectorGroup, this.#logger);
    await client.connect();
    this.#closing.push(() => client.close());
    const connector = startConnector({
      config: connectorConfig(),
      client,
      registry,
      sink,
      groupId: connectorGroup,
      clock: systemClock,
      random: systemRandom,
      logger: this.#logger,
    });
    this.#closing.push(() => connector.close());
    return connector;
  }

  async #feed(fold: MentionFold, signal: AbortSignal): Promise<void> {
    const { input, forMs, rate } = this.#options;
    const producer = this.#client.producer();
    await producer.prepare([postsTopic]);
    const serde = avro<Post>({ schema: postSchema });
    await serde.open?.({ topic: postsTopic, isKey: false, registry: this.#around.registry });
    const enough = new AbortController();
    const stop = (): void => enough.abort();
    signal.addEventListener('abort', stop);
    const timer = forMs === undefined ? undefined : systemClock.setTimer(forMs, stop);
    const posts = input === undefined ? this.#generated() : readPosts(input);
    const pace = input === undefined ? rate : Infinity;
    await feed(posts, { producer, serde, fold, clock: systemClock, rate: pace, signal: enough.signal });
    timer?.cancel();
    await producer.close();
  }

  #generated(): Iterable<Post> {
    const { rate, speed, seed } = this.#options;
    return generatePosts({
      random: seededRandom(seed),
      startMs: Date.UTC(2026, 0, 1),
      durationMs: 365 * 86_400_000,
      postsPerSecond: rate / speed,
    });
  }

  /** Asked for, or as wide as the file and a window more: tasks in front of the repartition topic run ahead of each other. */
  async #graceMs(): Promise<number> {
    const { graceMs, input } = this.#options;
    if (graceMs !== undefined) return graceMs;
    if (input === undefined) return defaultGraceMs;
    let [first, last] = [Infinity, 0];
    for await (const { createdAt } of readPosts(input)) {
      first = Math.min(first, createdAt);
      last = Math.max(last, createdAt);
    }
    return Math.max(defaultGraceMs, last - first + 600_000);
  }

  /** Keeps the ranking of the view fresh until the returned function is called. */
  #follow(): () => Promise<void> {
    const done = new AbortController();
    const following = (async () => {
      while (!done.signal.aborted) {
        await this.#rankings.catchUp();
        await systemClock.sleep(250, done.signal);
      }
    })().catch((error: unknown) =>
      this.#logger.log('warn', 'The view cannot read the rankings.', { why: String(error) }),
    );
    return () => {
      done.abort();
      return following;
    };
  }

  /** Waits until everything fed is processed, or nothing has moved for long; gives the sum of the all-time counts. */
  async #drained(streams: KafkaStreams): Promise<number> {
    let processed = -1;
    let sinceMs = systemClock.monotonic();
    while (!(await isDrained(this.#client.admin)) && systemClock.monotonic() - sinceMs < patienceMs) {
      if (streams.metrics().processed !== processed) sinceMs = systemClock.monotonic();
      processed = streams.metrics().processed;
      await systemClock.sleep(50);
    }
    await this.#counts.catchUp();
    return sum(this.#counts.values);
  }

  #seen(streams: KafkaStreams, fold: MentionFold): Omit<Snapshot, 'rows' | 'phase'> {
    const { processed, late, dropped, commits } = streams.metrics();
    const windowStart = this.#rankings.values.size === 0 ? undefined : Math.max(...this.#rankings.values.keys());
    return {
      seconds: (systemClock.monotonic() - this.#beganMs) / 1_000,
      posts: fold.posts,
      mentions: fold.mentions,
      processed,
      late: total(late),
      dropped: total(dropped),
      transactions: this.#options.guarantee === 'exactly_once_v2' ? commits : 0,
      windowStart,
      top: windowStart === undefined ? [] : (this.#rankings.values.get(windowStart)?.entries ?? []),
    };
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}
