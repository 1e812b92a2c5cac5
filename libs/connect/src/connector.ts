/**
 * Materialises result topics in tables: a member of a consumer group that maps records to rows and writes them, at least once and idempotently,
 * so the rows are those of exactly once. Each turn of its loop:
 *
 *   group events ─▶ lanes open, close ─▶ commit when due ─▶ poll ─▶ lanes accept          (each lane decodes, maps and writes on its own)
 *
 * It guarantees: an offset is committed only behind everything that is acknowledged before it; nothing is passed over but by configuration;
 * a table, a registry or a broker that is away is waited for while the member stays in the group. What waits for a slow table is bounded:
 * partitions are paused. Only read_committed records are read.
 */
import type { Clock, MillraceError } from '@millrace/base';
import type { FetchedBatch, Fetcher, GroupEvent, GroupMember } from '@millrace/ports';
import { ChunkWriter } from './chunk-writer.ts';
import type { Connector, ConnectorHealth, ConnectorOptions } from './connector-options.ts';
import { ConnectorCounters, type ConnectorMetrics, type PartitionLag } from './connector-metrics.ts';
import { DeadLetters } from './dead-letters.ts';
import { Lanes } from './lanes.ts';
import { OffsetCommits } from './offset-commits.ts';
import { partitionAssignor } from './partition-assignor.ts';
import { laneLimits, type PartitionLane } from './partition-lane.ts';
import { asMillraceError, retrying } from './retry.ts';
import { TopicGenerations } from './topic-generations.ts';
import { TopicMapping } from './topic-mapping.ts';
import { TopicWatch } from './topic-watch.ts';

const pollMs = 200;
/** A table that does not answer must not fill the memory. */
const fetch = { maxBytes: 8 << 20, maxPartitionBytes: 1 << 20, maxBufferedBytes: 16 << 20 };

/** Starts a connector; it connects, joins and works in the background. The client is the caller's to close, afterwards. */
export function startConnector(options: ConnectorOptions): Connector {
  const connector = new RunningConnector(options);
  connector.start();
  return connector;
}

class RunningConnector implements Connector {
  readonly failed: Promise<Error>;
  readonly #options: ConnectorOptions;
  readonly #counters = new ConnectorCounters();
  readonly #stop = new AbortController();
  readonly #troubles = new Map<string, MillraceError>();
  readonly #fetcher: Fetcher;
  readonly #group: GroupMember;
  readonly #deadLetters: DeadLetters;
  readonly #mappings: ReadonlyMap<string, TopicMapping>;
  readonly #lanes: Lanes;
  readonly #commits: OffsetCommits;
  readonly #watch: TopicWatch;
  #phase: 'connecting' | 'joining' | 'running' | 'ended' = 'connecting';
  #failure: MillraceError | undefined;
  #fail: (error: Error) => void = () => undefined;
  #ended: Promise<void> | undefined;
  #drainUntilMs = Infinity;

  constructor(options: ConnectorOptions) {
    const { client, sink, clock, random, logger, config, groupId } = options;
    this.#options = options;
    this.failed = new Promise((resolve) => (this.#fail = resolve));
    this.#fetcher = client.fetcher({ isolation: 'read_committed', offsetReset: 'fail', ...fetch });
    this.#group = client.group({
      groupId,
      topics: config.topics.map(({ topic }) => topic),
      assignor: partitionAssignor,
      ...(options.instanceId === undefined ? {} : { instanceId: options.instanceId }),
      ...(options.sessionTimeoutMs === undefined ? {} : { sessionTimeoutMs: options.sessionTimeoutMs }),
    });
    this.#deadLetters = new DeadLetters(client, groupId);
    this.#mappings = new Map(config.topics.map((topic) => [topic.topic, new TopicMapping(topic)]));
    const ports = { clock, random, logger };
    const failed = (error: MillraceError): void => this.#failedWith(error);
    const wake = (): void => this.#fetcher.wakeup();
    const trouble = (doing: string, error: MillraceError | undefined): void => this.#trouble(doing, error);
    const [deadLetters, counters] = [this.#deadLetters, this.#counters];
    const writer = new ChunkWriter({ ...ports, sink, deadLetters, counters, groupId, onTrouble: trouble });
    const generations = new TopicGenerations(client, sink, clock);
    const [fetcher, group] = [this.#fetcher, this.#group];
    this.#lanes = new Lanes({
      ...ports,
      ...{ fetcher, group, generations, writer, counters, groupId, wake, failed, trouble },
      mappings: this.#mappings,
      limits: { ...laneLimits, ...options.limits },
      signal: this.#stop.signal,
    });
    this.#commits = new OffsetCommits({ ...ports, group, counters, failed, trouble });
    this.#watch = new TopicWatch({
      ...{ client, generations, clock, failed },
      topics: [...this.#mappings.keys()],
      everyMs: options.topicCheckMs ?? 5_000,
      onAppeared: () => group.rejoin('a topic was created'),
      onReplaced: (topic) => this.#lanes.restart(topic),
      onTrouble: trouble,
    });
  }

  get rowsWritten(): number {
    return [...this.#counters.rows.values()].reduce((sum, rows) => sum + rows, 0);
  }

  start(): void {
    this.#ended ??= this.#run();
  }

  metrics(): ConnectorMetrics {
    const { records, rows, deadLetters, retries, offsetCommits, rowsInFlight } = this.#counters;
    const lanes = this.#lanes.all;
    return {
      records: Object.fromEntries(records),
      rows: Object.fromEntries(rows),
      deadLetters: Object.fromEntries(deadLetters),
      ...{ retries, offsetCommits, rowsInFlight },
      recordsBuffered: lanes.reduce((sum, { queuedRecords }) => sum + queuedRecords, 0),
      assignedPartitions: lanes.length,
      lags: lanes.flatMap((lane) => this.#lagOf(lane) ?? []),
    };
  }

  health(): ConnectorHealth {
    if (this.#failure !== undefined) return { ok: false, reason: this.#failure.message };
    const [trouble] = this.#troubles.values();
    if (trouble !== undefined) return { ok: false, reason: trouble.message };
    if (this.#phase === 'connecting') return { ok: false, reason: 'connecting to Kafka and to the tables' };
    if (this.#phase === 'joining' || this.#lanes.isOpening) return { ok: false, reason: 'waiting for partitions' };
    return this.#phase === 'running' ? { ok: true } : { ok: false, reason: 'closed' };
  }

  async caughtUp(): Promise<boolean> {
    const { client, groupId, config } = this.#options;
    const views = await client.topics(config.topics.map(({ topic }) => topic));
    const all = [...views.values()].flatMap(({ name, partitions }) =>
      partitions.map(({ partition }) => ({ topic: name, partition })),
    );
    const ends = await client.admin.listOffsets(all, 'latest', 'read_committed');
    const others = ends.filter((end) => this.#lanes.get(end) === undefined && end.offset > 0);
    if (ends.some((end) => (this.#lanes.get(end)?.acknowledged ?? Infinity) < end.offset)) return false;
    if (others.length === 0) return true;
    const committed = await client.admin.groupOffsets(groupId, others);
    return others.every(({ topic, partition, offset }) =>
      committed.some((one) => one.topic === topic && one.partition === partition && one.offset >= offset),
    );
  }

  async close(timeoutMs = 20_000): Promise<void> {
    this.#drainUntilMs = this.#options.clock.monotonic() + timeoutMs;
    this.#stop.abort();
    this.#fetcher.wakeup();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      await this.#connect();
      if (!signal.aborted) {
        this.#phase = 'joining';
        this.#group.onEvent(() => this.#fetcher.wakeup());
        this.#group.join();
      }
      while (!signal.aborted) await this.#turn();
    } catch (thrown) {
      this.#failedWith(asMillraceError(thrown));
    }
    await this.#end();
    if (this.#failure !== undefined) this.#fail(this.#failure);
  }

  /** Waits for Kafka and for the tables. */
  async #connect(): Promise<void> {
    const { client, sink, registry, config, ...ports } = this.#options;
    for (const mapping of this.#mappings.values()) await mapping.open(registry);
    for (const [doing, step] of [
      ['connecting to Kafka', () => client.connect()],
      ['opening the tables', () => sink.open(config.tables)],
    ] as const) {
      const onTrouble = (error: MillraceError | undefined): void => this.#trouble(doing, error);
      await retrying(ports, { signal: this.#stop.signal, doing, onTrouble }, step);
    }
  }

  async #turn(): Promise<void> {
    const { clock, commitIntervalMs = 1_000 } = this.#options;
    if (this.#failure !== undefined) throw this.#failure;
    await this.#takeEvents();
    this.#watch.tick();
    this.#lanes.open();
    this.#lanes.throttle();
    this.#commits.tick(this.#lanes.all, commitIntervalMs);
    const batches = await this.#poll();
    this.#lanes.accept(batches);
    // Writes and heartbeats need the event loop too.
    if (batches.length > 0) await clock.sleep(0);
  }

  async #takeEvents(): Promise<void> {
    for (let event = this.#group.next(); event !== undefined; event = this.#group.next()) {
      if (event.type === 'failed') throw event.error;
      if (event.type === 'lost') {
        this.#options.logger.log('warn', 'The group has thrown this member out; it rejoins.');
        this.#lanes.drop(this.#lanes.all);
        this.#lanes.want([]);
        this.#phase = 'joining';
      } else await this.#assigned(event);
      this.#group.released();
    }
  }

  /** What goes is finished and committed before anybody else may have it, as far as the table answers in time. */
  async #assigned({ all, revoked, generation }: GroupEvent & { type: 'assigned' }): Promise<void> {
    const { logger } = this.#options;
    logger.log('info', 'Partitions are assigned.', { generation, partitions: all.length, revoked: revoked.length });
    this.#lanes.want(all);
    this.#phase = 'running';
    const leaving = revoked.flatMap((one) => this.#lanes.get(one) ?? []);
    if (leaving.length === 0) return;
    this.#lanes.drop(leaving);
    await this.#settled(leaving, this.#options.releaseTimeoutMs ?? 5_000);
  }

  /** Waits for what is on its way and commits what is acknowledged. */
  async #settled(lanes: readonly PartitionLane[], timeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    const until = clock.monotonic() + timeoutMs;
    await withTimeout(clock, timeoutMs, Promise.all(lanes.map((lane) => lane.settled())));
    await withTimeout(clock, Math.max(1_000, until - clock.monotonic()), this.#commits.commit(lanes));
  }

  async #poll(): Promise<readonly FetchedBatch[]> {
    try {
      return await this.#fetcher.poll(pollMs);
    } catch (thrown) {
      const error = asMillraceError(thrown);
      const { topic, partition } = error.details as { readonly topic: string; readonly partition: number };
      const isOutOfRange = error.code === 'MR_CLIENT_OFFSET_OUT_OF_RANGE';
      if (!isOutOfRange && error.severity !== 'retriable') throw error;
      this.#options.logger.log('warn', error.message, { code: error.code });
      if (isOutOfRange) this.#lanes.restart(topic, partition);
      // What a poll had taken before it failed is fetched again.
      this.#lanes.refetch();
      if (!isOutOfRange) await this.#options.clock.sleep(pollMs, this.#stop.signal);
      return [];
    }
  }

  async #end(): Promise<void> {
    const { sink, clock, logger } = this.#options;
    const lanes = this.#lanes.all;
    const timeoutMs = this.#failure === undefined ? Math.max(0, this.#drainUntilMs - clock.monotonic()) : 5_000;
    await withTimeout(clock, timeoutMs * 0.8, Promise.all(lanes.map((lane) => lane.settled())));
    for (const lane of lanes) lane.stop();
    await this.#settled(lanes, 0);
    const closings = [this.#group.leave(), this.#deadLetters.close(), this.#fetcher.close(), sink.close()];
    for (const closed of await Promise.allSettled(closings)) {
      if (closed.status === 'rejected')
        logger.log('warn', 'A part of the connector could not be closed in order.', { why: String(closed.reason) });
    }
    this.#phase = 'ended';
  }

  /** Unknown until the partition was fetched from: it must not look like none. */
  #lagOf(lane: PartitionLane): PartitionLag | undefined {
    const { topic, partition, acknowledged } = lane;
    const end = this.#fetcher.endOffset(lane);
    return end === undefined ? undefined : { topic, partition, lag: Math.max(0, end - Math.max(0, acknowledged)) };
  }

  #trouble(doing: string, error: MillraceError | undefined): void {
    if (error === undefined) this.#troubles.delete(doing);
    else this.#troubles.set(doing, error);
  }

  /** The first failure ends the connector. */
  #failedWith(error: MillraceError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#options.logger.log('error', error.message, { code: error.code, remedy: error.remedy });
    this.#fetcher.wakeup();
  }
}

async function withTimeout(clock: Clock, timeoutMs: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, clock.sleep(timeoutMs, done.signal)]);
  done.abort();
}
