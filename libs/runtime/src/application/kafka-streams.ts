/**
 * An application: its stream threads in this process, from `start` to `close`. Other processes with the same application id share the work.
 *
 * Order of calls: constructor, listeners, `start`, then `close` once. A thread that ends by itself asks the exception handler; by default the
 * application ends with it, in state ERROR, and `failure` says why.
 */
import { millraceError, type Logger, type MillraceError } from '@millrace/base';
import type { QueryServer, StateEngine } from '@millrace/ports';
import type { Serde } from '@millrace/serde';
import { describe, topicPatterns, type Program } from '@millrace/topology';
import { stateMemory, type StateMemory, type StateStore } from '@millrace/state';
import type { ApplicationPlan } from './application-plan.ts';
import { changedPlan, prepareTopics } from './application-topics.ts';
import { applicationFigures } from './application-figures.ts';
import { assembleGlobals } from '../global/assemble-globals.ts';
import { requireAsyncBudget } from '../async/async-budget.ts';
import { Cluster } from './cluster.ts';
import { parseConfig, type StreamsConfig, type StreamsConfigInput } from '../settings/config.ts';
import { deleteState } from './delete-state.ts';
import { errorOf } from '../thread/failure.ts';
import { livePlan, type LivePlan } from './live-plan.ts';
import { InteractiveQueries, type RemoteStoreOptions, type StoreQueryOptions } from '../queries/interactive-queries.ts';
import { serveQueries } from '../queries/serve-queries.ts';
import type { KeyPartitioner } from '../queries/cluster-metadata.ts';
import type { QueryableStoreType } from '../queries/queryable-store-types.ts';
import type { StateQueryRequest, StateQueryResult } from '../queries/state-query.ts';
import type { KeyQueryMetadata, LagInfo, StreamsMetadata, ThreadMetadata } from '../queries/streams-metadata.ts';
import { requireFreeSpace } from './free-space.ts';
import { StateCleaner } from './state-cleaner.ts';
import type { GlobalThread } from '../global/global-thread.ts';
import { requireNoJvmMembers } from './jvm-members.ts';
import { processIdentity } from './process-identity.ts';
import { assembleStandbys } from '../standby/assemble-standbys.ts';
import type { StandbyUpdateListener } from '../standby/update-listener.ts';
import type { StateRestoreListener } from './restore-listener.ts';
import { StoredTasks } from '../group/stored-tasks.ts';
import type { NamedMetric } from './named-metrics.ts';
import { streamsMetrics, type StreamsMetrics } from './streams-metrics.ts';
import { mayBecome, stateOfThreads, type StreamsState } from './streams-state.ts';
import { taskFactory } from '../task/task-factory.ts';
import { TopicWatch } from './topic-watch.ts';
import { StreamThreads } from './stream-threads.ts';
import type { UncaughtExceptionHandler } from './uncaught-exceptions.ts';
import type { ThreadSettings } from '../thread/thread-parts.ts';
import type { StreamsPorts } from './streams-ports.ts';

const lockName = 'process';

/** How to close, as the JVM library's class of the same name says it. */
export interface CloseOptions {
  /** How long to wait for threads to end, ms. @default 30000 */
  readonly timeoutMs?: number;
  /** Static members leave the group too: for good, their tasks move at once. Otherwise they may come back within their session. @default false */
  readonly leaveGroup?: boolean;
}

export type StateListener = (state: StreamsState, before: StreamsState) => void;

export class KafkaStreams {
  /** Its settings, checked and complete. */
  readonly config: StreamsConfig;
  readonly #program: Program;
  readonly #ports: StreamsPorts;
  readonly #queries: InteractiveQueries;
  readonly #cleaner: StateCleaner;
  #cleaning: Promise<void> | undefined;
  readonly #threads = new StreamThreads((failure) => void this.#fail(failure));
  readonly #listeners: StateListener[] = [];
  #global: GlobalThread | undefined;
  #cluster: Cluster | undefined;
  #queryServer: QueryServer | undefined;
  #preparing: Promise<ThreadSettings> | undefined;
  #settings: ThreadSettings | undefined;
  #lock: StateEngine | undefined;
  readonly #ending = new AbortController();
  /** What belongs to no thread goes by it. */
  #plan: LivePlan | undefined;
  /** Where sources read by pattern. */
  #watch: TopicWatch | undefined;
  #isPaused = false;
  #restoreListener: StateRestoreListener | undefined;
  #standbyListener: StandbyUpdateListener | undefined;
  #state: StreamsState = 'CREATED';
  #failure: MillraceError | undefined;
  #closing: Promise<void> | undefined;

  /** Throws MR_CONFIG_INVALID with every fault of the configuration. */
  constructor(program: Program, config: StreamsConfigInput | StreamsConfig, ports: StreamsPorts) {
    this.#program = program;
    this.config = isParsed(config) ? config : parseConfig(config);
    this.#cleaner = new StateCleaner({
      ...ports,
      delayMs: this.config.stateCleanupDelayMs,
      isInUse: (task) => this.#hasTask(task),
    });
    this.#ports = { ...ports, engines: this.#cleaner.engines };
    this.#queries = new InteractiveQueries({
      program,
      config: this.config,
      ports: this.#ports,
      state: () => this.#state,
      plan: () => this.#settings?.plan,
      threads: () => this.#threads.current,
      standbys: () => this.#settings?.standbys,
      cluster: () => ({ processes: this.#cluster?.processes ?? [] }),
      isOwn: (process) => this.#cluster?.isOwn(process) ?? false,
      globalStore: (name) => (this.#settings === undefined ? undefined : this.#global?.stores.get(name)),
    });
  }

  /** Where it is between `start` and `close`. */
  get state(): StreamsState {
    return this.#state;
  }

  /** Why it is in state ERROR. */
  get failure(): MillraceError | undefined {
    return this.#failure;
  }

  /** Calls at each change of state. */
  onStateChange(listener: StateListener): void {
    this.#listeners.push(listener);
  }

  /**
   * Decides what happens when a thread ends with an error; asked on each. Without one the application ends (`SHUTDOWN_CLIENT`), as it does when the
   * handler fails itself. Global stores have no thread to replace: what they fail with ends the application.
   *
   * @example streams.setUncaughtExceptionHandler((error) => (error.severity === 'bug' ? 'REPLACE_THREAD' : 'SHUTDOWN_CLIENT'));
   */
  setUncaughtExceptionHandler(handler: UncaughtExceptionHandler): void {
    this.#threads.handler = handler;
  }

  /** Follows how stores are restored, those of all threads and the global ones. Throws MR_RUNTIME_STATE after `start`. */
  setGlobalStateRestoreListener(listener: StateRestoreListener): void {
    this.#requireCreated('setGlobalStateRestoreListener');
    this.#restoreListener = listener;
  }

  /** Follows how the copies that are kept here are updated. Throws MR_RUNTIME_STATE after `start`. */
  setStandbyUpdateListener(listener: StandbyUpdateListener): void {
    this.#requireCreated('setStandbyUpdateListener');
    this.#standbyListener = listener;
  }

  /** Checks the topics and starts the threads; resolves before they have their tasks. Rejects, and stays closed, when something is missing. */
  async start(): Promise<void> {
    this.#requireCreated('start');
    this.#become('REBALANCING');
    const { logger } = this.#ports;
    for (const warning of this.config.warnings) logger.log('warn', warning);
    try {
      this.#preparing = this.#prepare();
      this.#settings = await this.#preparing;
    } catch (thrown) {
      this.#preparing = undefined;
      // Closed meanwhile: that its client is gone is no failure.
      if (this.#closing !== undefined) return this.#closing;
      await this.#fail(errorOf(thrown));
      throw this.#failure;
    }
    if (this.#closing !== undefined) return;
    // With global stores alone there is no group to join (JVM).
    if (this.#settings.plan.groups.length === 0) return this.#become('RUNNING');
    this.#threads.start(this.#settings);
    this.#cleaning = this.#cleaner.run(this.#settings.stored, this.#ending.signal);
    this.#watchTopics();
  }

  /**
   * Finishes what is under way, commits, gives the tasks up and leaves the group. After `timeoutMs` it closes whatever is not done; nothing is lost
   * then, but others wait until the session has timed out.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closing ??= this.#close(options);
    return this.#closing;
  }

  /** Asks all threads to commit soon. */
  requestCommit(): void {
    for (const { thread } of this.#threads.current) thread.requestCommit();
  }

  /**
   * A view of a store, of the partitions that this process has, to be read while it runs (JVM: KafkaStreams.store). Throws MR_QUERY_STORE_UNKNOWN,
   * MR_QUERY_STORE_TYPE or MR_QUERY_STORE_NOT_QUERYABLE at once; reads reject with MR_QUERY_… errors of severity `retriable` during a rebalance.
   *
   * ```ts
   * const counts = streams.store('counts', QueryableStoreTypes.keyValue({ key: Serdes.string(), value: Serdes.long() }));
   * await counts.get('kafka');
   * ```
   */
  store<S>(name: string, type: QueryableStoreType<S>, options?: StoreQueryOptions): S {
    return this.#queries.store(name, type, options);
  }

  /**
   * Stops processing and punctuations in this process; it stays in the group, goes on to poll, and commits what was processed (JVM). May be called before
   * `start`, too.
   */
  pause(): void {
    this.#isPaused = true;
  }

  /** Goes on after `pause`. */
  resume(): void {
    this.#isPaused = false;
    for (const { thread } of this.#threads.current) thread.wakeup();
  }

  /** Whether `pause` was called and `resume` was not. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** One more stream thread; gives its number. Throws MR_RUNTIME_STATE unless the application is REBALANCING or RUNNING with its start done. */
  addStreamThread(): number {
    return this.#threads.add(this.#running('addStreamThread'));
  }

  /**
   * Ends the newest stream thread: it commits, and leaves the group for good. Gives its number, or undefined when there is none. Throws as
   * `addStreamThread`.
   */
  async removeStreamThread(): Promise<number | undefined> {
    this.#running('removeStreamThread');
    const removed = await this.#threads.removeNewest();
    this.#threadsChanged();
    return removed;
  }

  /**
   * Deletes the local state of the application on this machine: it is restored from the changelogs at the next start. Rejects with MR_RUNTIME_STATE between
   * `start` and `close`, and with MR_STATE_LOCKED while another process has it.
   */
  async cleanUp(): Promise<void> {
    const isIdle = ['CREATED', 'NOT_RUNNING', 'ERROR'].includes(this.#state);
    if (!isIdle) throw millraceError('MR_RUNTIME_STATE', { doing: 'cleanUp', state: this.#state });
    await deleteState(this.#ports.engines, lockName);
  }

  /**
   * A view of all partitions of a store, wherever they are: instances with an `application.server` answer each other. One key goes to the instance
   * that has it, ranges go to all and come merged in the order of the store. Where `enableStaleStores` allows it, a copy answers while the active is away.
   * Throws as `store` does; reads reject with MR_QUERY_… errors.
   *
   * ```ts
   * const counts = streams.remoteStore('counts', QueryableStoreTypes.keyValue<string, number>());
   * await counts.get('kafka');
   * ```
   */
  remoteStore<S>(name: string, type: QueryableStoreType<S>, options?: RemoteStoreOptions): S {
    return this.#queries.remoteStore(name, type, options);
  }

  /**
   * Asks the partitions of a store that are here, each for itself (JVM: interactive queries v2). Rejects MR_QUERY_STORE_UNKNOWN or MR_QUERY_STATE;
   * what else goes wrong is the answer of its partition.
   *
   * ```ts
   * const { onlyPartitionResult } = await streams.query({ store: 'counts', query: KeyQuery.withKey<string, number>('kafka') });
   * ```
   */
  query<R>(request: StateQueryRequest<R>): Promise<StateQueryResult<R>> {
    return this.#queries.query(request);
  }

  /**
   * Which instance has a key of a store, and which keep copies: by the hash of the key's bytes, of the store's serde or of a given one, or by the
   * partitioner that wrote the input. Instances are known by their application.server. Rejects MR_QUERY_… errors.
   */
  queryMetadataForKey<K>(store: string, key: K, by?: Serde<K> | KeyPartitioner<K>): Promise<KeyQueryMetadata> {
    return this.#queries.metadata.ofKey(store, key, by);
  }

  /** Instances that have partitions or copies of a store. Throws MR_QUERY_STORE_UNKNOWN. */
  streamsMetadataForStore(store: string): readonly StreamsMetadata[] {
    return this.#queries.metadata.forStore(store);
  }

  /** All instances, as of the last round of the group. Empty while no instance has an application.server and there are no standby tasks. */
  metadataForAllStreamsClients(): readonly StreamsMetadata[] {
    return this.#queries.metadata.all();
  }

  /** The stream threads of this process, with their tasks. */
  metadataForLocalThreads(): readonly ThreadMetadata[] {
    return this.#queries.metadata.localThreads();
  }

  /** How far the stores here are behind their changelogs: store -> partition -> lag. Asks the brokers for the ends. */
  allLocalStorePartitionLags(): Promise<ReadonlyMap<string, ReadonlyMap<number, LagInfo>>> {
    return this.#queries.metadata.lags();
  }

  /** What it has counted until now. */
  metrics(): StreamsMetrics {
    return streamsMetrics(this.#state, this.#threads.all, this.#global?.records ?? 0);
  }

  /**
   * The same under the JVM library's names, groups and tags, as far as it is counted: `stream-metrics`, `stream-thread-metrics` and `stream-task-metrics`.
   *
   * @example streams.metricsByName().filter(({ name }) => name === 'dropped-records-total')
   */
  metricsByName(): readonly NamedMetric[] {
    const description = describe(this.#program.topology);
    return applicationFigures({ ...this.config, description }, this.#state, this.#threads);
  }

  async #prepare(): Promise<ThreadSettings> {
    const { client, engines, random, clock, logger } = this.#ports;
    const { config } = this;
    if (config.processingGuarantee === 'exactly_once_v2' && client.capabilities.exactlyOnce === 'none')
      throw millraceError('MR_RUNTIME_CAPABILITY', { needed: 'transactions fenced by group generation' });
    requireAsyncBudget(this.#program.topology, config.asyncDrainTimeoutMs);
    // What can be seen on this machine comes first: a broker may be long in answering.
    await requireFreeSpace(engines, config.stateDir, logger);
    // Two processes with one identity would fence each other for ever. Held until the end; the system frees it when the process dies.
    this.#lock = await engines.open(lockName);
    const processId = await processIdentity(engines, random);
    const stored = new StoredTasks();
    await stored.load(engines);
    await client.connect();
    await requireNoJvmMembers(client.admin, config.applicationId);
    const plan: ApplicationPlan = await prepareTopics(this.#program, { client, clock, logger, config });
    logger.log('info', 'The application starts.', {
      applicationId: config.applicationId,
      processId,
      tasks: plan.groups.reduce((sum, { tasks }) => sum + tasks, 0),
      topology: plan.fingerprint,
      transactionVersion: client.transactionVersion(),
    });
    const memory = stateMemory(config.statestoreCacheMaxBytes);
    const globals = await this.#startGlobals(plan, memory);
    const makeTask = taskFactory(this.#program, this.#ports, config, { memory, globals });
    const onState = (): void => this.#threadsChanged();
    const asksToShutDown = (): boolean => this.#threads.asksToShutDown;
    const isPaused = (): boolean => this.#isPaused;
    const topicsMayDiffer = (): void => this.#watch?.hint();
    const live = livePlan(plan);
    this.#plan = live;
    const standbys = assembleStandbys(this.#ports, live, stored, makeTask, this.#standbyListener);
    this.#cluster = new Cluster(live, processId, standbys);
    this.#queryServer = await serveQueries(this.#queries, this.#ports.queryNetwork, config, logger);
    const onCluster = this.#cluster.changed.bind(this.#cluster);
    return {
      ...this.#ports,
      config,
      plan,
      processId,
      stored,
      makeTask,
      standbys,
      onState,
      onCluster,
      asksToShutDown,
      isPaused,
      topicsMayDiffer,
      restoreListener: this.#restoreListener,
    };
  }

  #watchTopics(): void {
    if (topicPatterns(this.#program.topology).length === 0) return;
    const { clock } = this.#ports;
    const look = (): Promise<boolean> =>
      this.#lookForTopics().catch((thrown: unknown) => {
        const error = errorOf(thrown);
        if (this.#closing !== undefined) return false;
        if (error.severity === 'user') void this.#fail(error);
        else
          this.#ports.logger.log('warn', 'Topics could not be looked for.', { code: error.code, why: error.message });
        return false;
      });
    this.#watch = new TopicWatch({ clock, everyMs: this.config.metadataMaxAgeMs, look });
    void this.#watch.run(this.#ending.signal);
  }

  /** Whether topics have come or gone under the patterns of the topology; all threads go by a new plan then. */
  async #lookForTopics(): Promise<boolean> {
    const { client, clock, logger } = this.#ports;
    if (this.#settings === undefined) return false;
    const plan = await changedPlan(this.#program, this.#settings.plan, { client, clock, logger, config: this.config });
    if (plan === undefined || this.#closing !== undefined) return false;
    this.#settings = { ...this.#settings, plan };
    this.#plan?.become(plan);
    this.#threads.follow(plan);
    return true;
  }

  /** No task begins before the global stores are up to date. */
  async #startGlobals(plan: ApplicationPlan, memory: StateMemory): Promise<ReadonlyMap<string, StateStore>> {
    const { config } = this;
    const failed = (error: MillraceError): void => void this.#fail(error);
    this.#global = assembleGlobals({
      program: this.#program,
      plan,
      ports: this.#ports,
      config,
      memory,
      failed,
      restoreListener: this.#restoreListener,
    });
    // Closed meanwhile.
    if (this.#closing === undefined) await this.#global?.start();
    return this.#global?.stores ?? new Map();
  }

  #requireCreated(doing: string): void {
    if (this.#state !== 'CREATED') throw millraceError('MR_RUNTIME_STATE', { doing, state: this.#state });
  }

  /** What threads are started with. */
  #running(doing: string): ThreadSettings {
    const isUp = this.#state === 'REBALANCING' || this.#state === 'RUNNING';
    if (!isUp || this.#settings === undefined || this.#closing !== undefined)
      throw millraceError('MR_RUNTIME_STATE', { doing, state: this.#state });
    return this.#settings;
  }

  /** A task runs here or has a copy here, or is about to. */
  #hasTask(name: string): boolean {
    const slots = this.#threads.current.flatMap(({ tasks }) => tasks.slots);
    const copies = this.#settings?.standbys.standbys ?? [];
    return [...slots, ...copies].some(({ text }) => text === name);
  }

  #threadsChanged(): void {
    const isUp = this.#state === 'REBALANCING' || this.#state === 'RUNNING';
    if (isUp) this.#become(stateOfThreads(this.#threads.current.map(({ thread }) => thread.state)));
  }

  /** Ends by itself. */
  #fail(failure: MillraceError): Promise<void> {
    this.#failure ??= failure;
    return this.close();
  }

  async #close({ timeoutMs = 30_000, leaveGroup = false }: CloseOptions): Promise<void> {
    const { clock, logger } = this.#ports;
    this.#ending.abort();
    this.#become(this.#failure === undefined ? 'PENDING_SHUTDOWN' : 'PENDING_ERROR');
    const patience = new AbortController();
    const ended = Promise.allSettled([this.#prepared(), this.#threads.stop({ leaveGroup })]).then(() => true);
    const inTime = await Promise.race([ended, clock.sleep(timeoutMs, patience.signal).then(() => false)]);
    patience.abort();
    await this.#queryServer?.close();
    await this.#settings?.standbys.close();
    await this.#closeGlobals(logger);
    await this.#cleaning;
    if (!inTime) logger.log('warn', 'The threads did not end in time; their connections are closed.', { timeoutMs });
    await this.#closePorts(logger);
    this.#become(this.#state === 'PENDING_ERROR' ? 'ERROR' : 'NOT_RUNNING');
  }

  /** A start under way ends soon without its client; what it has opened is closed then. */
  async #prepared(): Promise<void> {
    if (this.#preparing === undefined || this.#settings !== undefined) return;
    this.#global?.halt();
    await this.#ports.client.close();
    await this.#preparing;
  }

  async #closeGlobals(logger: Logger): Promise<void> {
    await this.#global?.stop().catch((thrown: unknown) => {
      logger.log('warn', 'The global stores could not be closed in order.', { why: errorOf(thrown).message });
    });
  }

  async #closePorts(logger: Logger): Promise<void> {
    const { client, engines } = this.#ports;
    const closed = await Promise.allSettled([client.close(), this.#lock?.close()]);
    closed.push(...(await Promise.allSettled([engines.close()])));
    for (const each of closed) {
      if (each.status === 'rejected') logger.log('warn', 'A port could not be closed.', { why: String(each.reason) });
    }
  }

  #become(state: StreamsState): void {
    const before = this.#state;
    if (state === before || !mayBecome(before, state)) return;
    this.#state = state;
    this.#ports.logger.log('info', `State: ${before} to ${state}.`);
    for (const listener of this.#listeners) listener(state, before);
  }
}

function isParsed(config: StreamsConfigInput | StreamsConfig): config is StreamsConfig {
  return 'warnings' in config && 'topicConfigs' in config;
}
