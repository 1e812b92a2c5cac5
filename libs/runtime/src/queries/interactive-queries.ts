/**
 * Interactive queries of one process: stores by name and type, read while the tasks run. Nothing of it is on the record path; a read that meets a
 * rebalance or the end of its task fails with a retriable error, and never shows half of a row.
 */
import { millraceError } from '@millrace/base';
import type { IsolationLevel, StateStore } from '@millrace/state';
import type { Program, StoreSpec } from '@millrace/topology';
import type { StreamsConfig } from '../config.ts';
import type { StreamsState } from '../streams-state.ts';
import type { RunningThread, StreamsPorts } from '../thread-parts.ts';
import { globalPartition, localPartitions, localRows, type LocalPartition, type Reach } from './local-partitions.ts';
import type { QueryableStoreType } from './queryable-store-types.ts';
import { StoreCatalogue } from './store-catalogue.ts';
import type { StoreReader } from './store-reader.ts';
import { StoreSerdes } from './store-serdes.ts';

/** How a store is read (JVM: StoreQueryParameters). */
export interface StoreQueryOptions {
  /** Only this partition. @default all that are here */
  readonly partition?: number;
  /** Copies that are behind may answer too: standby tasks, and tasks that are being restored. @default false */
  readonly enableStaleStores?: boolean;
  /** What is seen of a transaction that is open. @default default.interactive.query.isolation.level */
  readonly isolation?: IsolationLevel;
}

/** What queries see of their application. */
export interface QueriedApplication {
  readonly program: Program;
  readonly config: StreamsConfig;
  readonly ports: StreamsPorts;
  state(): StreamsState;
  threads(): Iterable<RunningThread>;
  /** A global store that is up to date. */
  globalStore(name: string): StateStore | undefined;
  /** Tasks of a sub-topology; undefined before they are known. */
  partitionsOf(subtopology: number): number | undefined;
}

export class InteractiveQueries {
  readonly #application: QueriedApplication;
  readonly #catalogue: StoreCatalogue;

  constructor(application: QueriedApplication) {
    this.#application = application;
    this.#catalogue = new StoreCatalogue(application.program);
  }

  /** A view of the partitions of a store that are here. Throws when the topology has no such store of this type. */
  store<S>(name: string, type: QueryableStoreType<S>, options: StoreQueryOptions = {}): S {
    const { spec } = this.#catalogue.entry(name);
    if (!type.accepts(spec))
      throw millraceError('MR_QUERY_STORE_TYPE', { store: name, kind: kindOf(spec), asked: type.name });
    return type.open(name, this.#localReader(spec, type, options));
  }

  #localReader(spec: StoreSpec, { serdes }: QueryableStoreType<unknown>, options: StoreQueryOptions): StoreReader {
    const { program, config, ports } = this.#application;
    const { partition = null, enableStaleStores: stale = false } = options;
    const { isolation = config.defaultInteractiveQueryIsolationLevel } = options;
    if (partition !== null && (!Number.isInteger(partition) || partition < 0))
      throw millraceError('MR_QUERY_PARTITION', { store: spec.name, partition, partitions: null });
    const reach: Reach = { partition, stale };
    const read = { spec, isolation, clock: ports.clock };
    return {
      serdes: new StoreSerdes(program, spec, config, ports.registry, serdes),
      rows: (asked) => localRows(read, this.#partitions(spec, reach), asked),
    };
  }

  /** Throws MR_QUERY_STATE before the start and after the end. */
  #partitions(spec: StoreSpec, reach: Reach): readonly LocalPartition[] {
    const { state, threads, partitionsOf, globalStore } = this.#application;
    const now = state();
    if (now !== 'RUNNING' && now !== 'REBALANCING')
      throw millraceError('MR_QUERY_STATE', { store: spec.name, state: now });
    const { subtopology, isGlobal } = this.#catalogue.entry(spec.name);
    if (isGlobal) return [globalPartition(spec, () => globalStore(spec.name))];
    const partitions = partitionsOf(subtopology.id);
    const { partition } = reach;
    if (partitions !== undefined && partition !== null && partition >= partitions)
      throw millraceError('MR_QUERY_PARTITION', { store: spec.name, partition, partitions });
    const slots = [...threads()].flatMap(({ tasks }) => tasks.slots);
    return localPartitions({ spec, slots: slots.filter(({ id }) => id.subtopology === subtopology.id) }, reach);
  }
}

function kindOf({ kind, timestamped = true }: StoreSpec): string {
  if (kind === 'keyValue') return timestamped ? 'timestamped key-value' : 'key-value';
  if (kind === 'window') return timestamped ? 'timestamped window' : 'window';
  return kind === 'join' ? 'window' : kind;
}
