/**
 * Interactive queries of one process: stores by name and type, read while the tasks run. Nothing of it is on the record path; a read that meets a
 * rebalance or the end of its task fails with a retriable error, and never shows half of a row.
 */
import { durationMs, millraceError, type Duration } from '@millrace/base';
import type { IsolationLevel, ReadRow } from '@millrace/state';
import type { StoreSpec } from '@millrace/topology';
import { taskIdText } from '../task/stream-task.ts';
import { ClusterMetadata, type KeyPartitioner } from './cluster-metadata.ts';
import {
  globalPartition,
  localPartitions,
  localRows,
  QueryTurns,
  type LocalPartition,
  type LocalRead,
  type Reach,
} from './local-partitions.ts';
import { tasksOfSubtopology, type QueriedTask } from './local-tasks.ts';
import { askPartitions } from './partition-queries.ts';
import type { QueriedApplication } from './queried-application.ts';
import { mayAsk } from './query-access.ts';
import type { PartitionRequest } from './query-wire.ts';
import { routedRows, type Route } from './routed-reader.ts';
import { holdersOf } from './streams-metadata.ts';
import type { QueryableStoreType } from './queryable-store-types.ts';
import type { StateQueryRequest, StateQueryResult } from './state-query.ts';
import { StoreCatalogue, type CatalogueEntry } from './store-catalogue.ts';
import type { StoreReader } from './store-reader.ts';
import { StoreSerdes, type QuerySerdes } from './store-serdes.ts';

/** How a store is read (JVM: StoreQueryParameters). */
export interface StoreQueryOptions {
  /** Only this partition. @default all that are here */
  readonly partition?: number;
  /** Copies that are behind may answer too: standby tasks, and tasks that are being restored. @default false */
  readonly enableStaleStores?: boolean;
  /** A copy is behind by so many offsets of its changelog at most; else the read fails with MR_QUERY_STALE. @default unbounded */
  readonly maxLag?: number;
  /** A copy has all that was committed this long ago; else the read fails with MR_QUERY_STALE. Known to a second. @default unbounded */
  readonly maxStaleness?: Duration;
  /** What is seen of a transaction that is open. @default default.interactive.query.isolation.level */
  readonly isolation?: IsolationLevel;
}

/** How a store is read wherever it is. */
export interface RemoteStoreOptions extends StoreQueryOptions {
  /** The partitioner that wrote the store's input. @default by the hash of the key's bytes */
  readonly partitioner?: KeyPartitioner<never>;
}

export class InteractiveQueries {
  readonly metadata: ClusterMetadata;
  readonly #application: QueriedApplication;
  readonly #catalogue: StoreCatalogue;
  readonly #turns: QueryTurns;

  constructor(application: QueriedApplication) {
    this.#application = application;
    this.#catalogue = new StoreCatalogue(application.program);
    this.#turns = new QueryTurns(application.ports.clock);
    this.metadata = new ClusterMetadata(application, this.#catalogue);
  }

  /** A view of the partitions of a store that are here. Throws when the topology has no such store of this type. */
  store<S>(name: string, type: QueryableStoreType<S>, options: StoreQueryOptions = {}): S {
    const entry = this.entry(name, type);
    const reach = reachOf(name, options);
    const read = this.read(entry.spec, options.isolation);
    return type.open(name, {
      serdes: this.serdes(entry.spec, type.serdes),
      rows: (asked) => localRows(read, this.partitions(entry, reach), asked),
    });
  }

  /** A view of all partitions of a store, wherever they are. */
  remoteStore<S>(name: string, type: QueryableStoreType<S>, options: RemoteStoreOptions = {}): S {
    const entry = this.entry(name, type);
    if (entry.isGlobal) return this.store(name, type, options);
    const { spec, subtopology } = entry;
    const { ports, config, plan, state, cluster, isOwn } = this.#application;
    const serdes = this.serdes(spec, type.serdes);
    const { partitioner } = options;
    const holders: Route['holders'] = (partition) =>
      holdersOf(cluster(), taskIdText({ subtopology: subtopology.id, partition }));
    const route = (): Route => {
      const partitions = plan()?.groups.find((one) => one.subtopology === subtopology.id)?.tasks;
      if (partitions === undefined) throw millraceError('MR_QUERY_STATE', { store: name, state: state() });
      return {
        ...this.read(spec, options.isolation),
        reach: reachOf(name, options),
        partitions,
        holders,
        isOwn,
        local: (request) => this.answer(request),
        network: mayAsk(config) ? ports.queryNetwork : undefined,
        partitionOf:
          partitioner === undefined
            ? undefined
            : async (key) =>
                this.metadata.partitionOf(name, await serdes.keyOf(key), partitioner as KeyPartitioner<unknown>),
        timeoutMs: config.interactiveQueryTimeoutMs,
      };
    };
    return type.open(name, { serdes, rows: (asked) => routedRows(route(), asked) });
  }

  /** Answers a read of one partition that is here; nothing is passed on. */
  answer({ store, partition, read, isolation, ...bounds }: PartitionRequest): AsyncIterable<readonly ReadRow[]> {
    const entry = this.#catalogue.entry(store);
    return localRows(this.read(entry.spec, isolation), this.partitions(entry, { partition, ...bounds }), read);
  }

  /** Asks each partition; see StateQueryRequest. */
  async query<R>(request: StateQueryRequest<R>): Promise<StateQueryResult<R>> {
    const entry = this.#catalogue.entry(request.store);
    const { ports, plan, globalStore } = this.#application;
    this.#requireUp(entry.spec);
    const { spec, subtopology, isGlobal } = entry;
    const read = this.read(spec, request.isolation);
    const serdes = this.serdes(spec, {});
    const reader = (partition: LocalPartition): StoreReader => ({
      serdes,
      rows: (asked) => localRows(read, [partition], asked),
    });
    const group = plan()?.groups.find((one) => one.subtopology === subtopology.id);
    return askPartitions(request, {
      spec,
      clock: ports.clock,
      reader,
      global: isGlobal ? () => globalPartition(spec, () => globalStore(spec.name)) : undefined,
      partitions: group?.tasks ?? 0,
      inputs: group?.inputs.map(({ topic }) => topic) ?? [],
      tasks: this.#tasks(entry),
    });
  }

  /** Throws MR_QUERY_STORE_UNKNOWN, MR_QUERY_STORE_NOT_QUERYABLE or MR_QUERY_STORE_TYPE. */
  entry(name: string, type?: QueryableStoreType<unknown>): CatalogueEntry {
    const entry = this.#catalogue.entry(name);
    if (type?.accepts(entry.spec) === false)
      throw millraceError('MR_QUERY_STORE_TYPE', { store: name, kind: kindOf(entry.spec), asked: type.name });
    return entry;
  }

  serdes(spec: StoreSpec, given: QuerySerdes<unknown, unknown>): StoreSerdes {
    const { program, config, ports } = this.#application;
    return new StoreSerdes(program, spec, config, ports.registry, given);
  }

  /** How partitions that are here are read. */
  read(spec: StoreSpec, asked: IsolationLevel | undefined): LocalRead {
    const { config, ports } = this.#application;
    const isolation = asked ?? config.defaultInteractiveQueryIsolationLevel;
    return { spec, isolation, clock: ports.clock, turns: this.#turns };
  }

  /** The partitions here that answer a read, now. */
  partitions(entry: CatalogueEntry, reach: Reach): readonly LocalPartition[] {
    const { spec, subtopology, isGlobal } = entry;
    this.#requireUp(spec);
    const { plan, globalStore } = this.#application;
    if (isGlobal) return [globalPartition(spec, () => globalStore(spec.name))];
    const partitions = plan()?.groups.find((one) => one.subtopology === subtopology.id)?.tasks;
    const { partition } = reach;
    if (partitions !== undefined && partition !== null && partition >= partitions)
      throw millraceError('MR_QUERY_PARTITION', { store: spec.name, partition, partitions });
    return localPartitions(spec, this.#tasks(entry), reach);
  }

  /** Throws MR_QUERY_STATE before the start and after the end. */
  #requireUp({ name }: StoreSpec): void {
    const state = this.#application.state();
    if (state !== 'RUNNING' && state !== 'REBALANCING') throw millraceError('MR_QUERY_STATE', { store: name, state });
  }

  #tasks({ subtopology }: CatalogueEntry): readonly QueriedTask[] {
    const { threads, standbys } = this.#application;
    return tasksOfSubtopology(subtopology.id, threads(), standbys());
  }
}

/** Throws MR_QUERY_PARTITION for what is no partition. */
export function reachOf(store: string, options: StoreQueryOptions): Reach {
  const { partition = null, enableStaleStores: stale = false, maxLag = Infinity, maxStaleness } = options;
  if (partition !== null && (!Number.isInteger(partition) || partition < 0))
    throw millraceError('MR_QUERY_PARTITION', { store, partition, partitions: null });
  return { partition, stale, maxLag, maxAgeMs: maxStaleness === undefined ? Infinity : durationMs(maxStaleness) };
}

function kindOf({ kind, timestamped = true }: StoreSpec): string {
  if (kind === 'keyValue') return timestamped ? 'timestamped key-value' : 'key-value';
  if (kind === 'window') return timestamped ? 'timestamped window' : 'window';
  return kind === 'join' ? 'window' : kind;
}
