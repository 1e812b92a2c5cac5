/** What an instance can say about the others and itself (JVM: the metadata methods of KafkaStreams). */
import { invariant, millraceError } from '@millrace/base';
import { partitionForKey } from '@millrace/protocol';
import type { Serde } from '@millrace/serde';
import type { StoreSpec } from '@millrace/topology';
import { isCopied } from '../standby/copied-stores.ts';
import type { ApplicationPlan } from '../application/application-plan.ts';
import { taskIdText } from '../task/stream-task.ts';
import type { QueriedApplication } from './queried-application.ts';
import type { StoreCatalogue } from './store-catalogue.ts';
import { StoreSerdes } from './store-serdes.ts';
import {
  holdersOf,
  hostInfo,
  metadataOf,
  taskMetadata,
  type HostInfo,
  type KeyQueryMetadata,
  type LagInfo,
  type StreamsMetadata,
  type ThreadMetadata,
} from './streams-metadata.ts';
import { tasksOfSubtopology } from './local-tasks.ts';

/** Tells the partition of a key, as the partitioner that wrote the store's input did. The value is not known. */
export type KeyPartitioner<K> = (
  topic: string,
  key: K,
  value: null,
  partitionCount: number,
) => number | readonly number[] | undefined;

export class ClusterMetadata {
  readonly #application: QueriedApplication;
  readonly #catalogue: StoreCatalogue;

  constructor(application: QueriedApplication, catalogue: StoreCatalogue) {
    this.#application = application;
    this.#catalogue = catalogue;
  }

  all(): readonly StreamsMetadata[] {
    const plan = this.#plan('metadata');
    return this.#application.cluster().processes.map((process) => metadataOf(plan, this.#catalogue, process));
  }

  forStore(store: string): readonly StreamsMetadata[] {
    const { isGlobal } = this.#catalogue.entry(store);
    return this.all().filter(
      ({ stateStoreNames, standbyStateStoreNames }) =>
        isGlobal || stateStoreNames.includes(store) || standbyStateStoreNames.includes(store),
    );
  }

  async ofKey<K>(store: string, key: K, by: Serde<K> | KeyPartitioner<K> | undefined): Promise<KeyQueryMetadata> {
    const partition = await this.partitionOf(store, key, by);
    const { subtopology } = this.#catalogue.entry(store);
    const task = taskIdText({ subtopology: subtopology.id, partition });
    const { active, standbys } = holdersOf(this.#application.cluster(), task);
    const hostOf = ({ host }: { readonly host: string | null }): HostInfo[] => (host === null ? [] : [hostInfo(host)]);
    return {
      activeHost: active === undefined ? null : (hostOf(active)[0] ?? null),
      standbyHosts: standbys.flatMap(hostOf),
      partition,
    };
  }

  /** The partition of a key: by a partitioner, or by the hash of its bytes. */
  async partitionOf<K>(store: string, key: K, by: Serde<K> | KeyPartitioner<K> | undefined): Promise<number> {
    const { spec, subtopology } = this.#catalogue.entry(store);
    const plan = this.#plan(store);
    const group = plan.groups.find((one) => one.subtopology === subtopology.id);
    if (group === undefined) return 0;
    if (typeof by !== 'function') return this.#hashed(spec, key, by, group.tasks);
    const chosen = by(group.inputs[0]?.topic ?? '', key, null, group.tasks);
    if (typeof chosen === 'number' && chosen >= 0 && chosen < group.tasks) return chosen;
    if (chosen === undefined) return this.#hashed(spec, key, undefined, group.tasks);
    throw millraceError('MR_QUERY_PARTITION', { store, partition: Number(chosen), partitions: group.tasks });
  }

  localThreads(): readonly ThreadMetadata[] {
    const plan = this.#application.plan();
    if (plan === undefined) return [];
    const { threads, standbys, config } = this.#application;
    const copies = taskMetadata(plan, standbys()?.standbys.map(({ id }) => id) ?? []);
    return [...threads()].map(({ index, thread, tasks }, i) => ({
      threadName: `${config.clientId}-StreamThread-${index + 1}`,
      threadState: thread.state,
      activeTasks: taskMetadata(
        plan,
        tasks.running.map(({ id }) => id),
      ),
      standbyTasks: i === 0 ? copies : [],
    }));
  }

  async lags(): Promise<ReadonlyMap<string, ReadonlyMap<number, LagInfo>>> {
    const plan = this.#plan('lags');
    const { ports, threads, standbys } = this.#application;
    const found = new Map<string, Map<number, LagInfo>>();
    const tasks = plan.subtopologies.flatMap(({ id, stores }) =>
      tasksOfSubtopology(id, threads(), standbys())
        .filter(({ phase }) => phase !== 'opening')
        .flatMap((task) => stores.filter(isCopied).map((spec) => ({ task, spec }))),
    );
    const places = tasks.map(({ task, spec }) => ({ topic: changelogOf(plan, spec), partition: task.partition }));
    const ends = places.length === 0 ? [] : await ports.client.admin.listOffsets(places, 'latest', 'read_committed');
    for (const [i, { task, spec }] of tasks.entries()) {
      const place = places[i];
      const end = ends.find(({ topic, partition }) => topic === place?.topic && partition === place.partition)?.offset;
      if (end === undefined) continue;
      const position = task.phase === 'running' ? end : Math.min(end, task.lag(spec.name)?.position ?? 0);
      const lag = { currentOffsetPosition: position, endOffsetPosition: end, offsetLag: end - position };
      found.set(spec.name, (found.get(spec.name) ?? new Map<number, LagInfo>()).set(task.partition, lag));
    }
    return found;
  }

  async #hashed(spec: StoreSpec, key: unknown, serde: Serde<unknown> | undefined, partitions: number): Promise<number> {
    const { program, config, ports } = this.#application;
    const given = serde === undefined ? {} : { key: serde };
    const serdes = new StoreSerdes(program, spec, config, ports.registry, given);
    return partitionForKey(await serdes.keyBytes(key), partitions);
  }

  /** Throws MR_QUERY_STATE before the start and after the end (JVM). */
  #plan(store: string): ApplicationPlan {
    const { plan, state } = this.#application;
    const known = plan();
    const isOver = state() === 'NOT_RUNNING' || state() === 'ERROR';
    if (known === undefined || isOver) throw millraceError('MR_QUERY_STATE', { store, state: state() });
    return known;
  }
}

function changelogOf({ internalTopics, applicationId }: ApplicationPlan, { name, sourceTopic }: StoreSpec): string {
  const topic = sourceTopic ?? `${applicationId}-${name}-changelog`;
  invariant(
    sourceTopic !== undefined || internalTopics.some((one) => one.name === topic),
    'a logged store has a changelog',
  );
  return topic;
}
