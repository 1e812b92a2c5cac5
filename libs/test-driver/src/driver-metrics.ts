/**
 * What a topology under test is measured by, under the JVM library's names. Rates and times go by the driver's wall clock; topics are counted where the
 * driver hands records over.
 */
import { SampledRate, taskFigures, figures, type NamedMetric, type TaskMetrics } from '@millrace/runtime';
import { internalTopicName, type Topology } from '@millrace/topology';
import type { InputRecord } from './topology-test-driver.ts';

/** One thread runs everything, that of the test (JVM: its name there). */
const threadId = 'main';
const taskId = '0_0';

interface TopicCount {
  records: number;
  bytes: number;
}

const rated = ['dropped-records', 'process', 'punctuate'] as const;

type Rated = (typeof rated)[number];

export class DriverMetrics {
  readonly #task: TaskMetrics;
  readonly #consumed: ReadonlyMap<string, string>;
  readonly #produced: ReadonlyMap<string, string>;
  readonly #counts = { consumed: new Map<string, TopicCount>(), produced: new Map<string, TopicCount>() };
  readonly #rates = new Map(rated.map((name) => [name, { rate: new SampledRate(), seen: 0 }]));

  constructor(task: TaskMetrics, topology: Topology, applicationId: string) {
    this.#task = task;
    const full = (topic: string, internal: boolean): string =>
      internal ? internalTopicName(applicationId, topic) : topic;
    const { nodes } = topology;
    this.#consumed = new Map(
      nodes.flatMap((node) =>
        node.kind === 'source' ? node.topics.map((topic) => [full(topic, node.internal), node.name] as const) : [],
      ),
    );
    this.#produced = new Map(
      nodes.flatMap((node) => (node.kind === 'sink' ? [[full(node.topic, node.internal), node.name] as const] : [])),
    );
  }

  /** A record goes in. */
  consumed(topic: string, record: InputRecord): void {
    count(this.#counts.consumed, topic, record);
  }

  /** A record came out. */
  produced(topic: string, record: InputRecord): void {
    if (!topic.endsWith('-changelog')) count(this.#counts.produced, topic, record);
  }

  /** Something was done: its rates are of this time. */
  note(nowMs: number): void {
    for (const name of rated) {
      const measured = this.#rates.get(name);
      const total = this.#totalOf(name);
      if (measured === undefined || total === measured.seen) continue;
      measured.rate.record(total - measured.seen, nowMs);
      measured.seen = total;
    }
  }

  list(nowMs: number, buffered: number): readonly NamedMetric[] {
    const tags = { 'thread-id': threadId, 'task-id': taskId };
    const rates = rated.map((name) => [`${name}-rate`, this.#rates.get(name)?.rate.perSecond(nowMs) ?? 0] as const);
    return [
      ...taskFigures(threadId, taskId, this.#task, buffered),
      ...figures('stream-task-metrics', tags, Object.fromEntries(rates)),
      ...this.#topics('consumed', this.#consumed),
      ...this.#topics('produced', this.#produced),
    ];
  }

  #totalOf(name: Rated): number {
    const { droppedTotal, processed, punctuated } = this.#task;
    return { 'dropped-records': droppedTotal, process: processed, punctuate: punctuated }[name];
  }

  #topics(what: 'consumed' | 'produced', nodes: ReadonlyMap<string, string>): NamedMetric[] {
    return [...this.#counts[what]].flatMap(([topic, { records, bytes }]) => {
      const node = nodes.get(topic);
      const tags = { 'thread-id': threadId, 'task-id': taskId, ...(node && { 'processor-node-id': node }), topic };
      return figures('stream-topic-metrics', tags, {
        [`records-${what}-total`]: records,
        [`bytes-${what}-total`]: bytes,
      });
    });
  }
}

function count(counts: Map<string, TopicCount>, topic: string, record: InputRecord): void {
  const one = counts.get(topic) ?? { records: 0, bytes: 0 };
  one.records++;
  one.bytes += sizeOf(topic, record);
  counts.set(topic, one);
}

/** As the JVM library counts it: timestamp and offset take 8 each, the partition 4. */
function sizeOf(topic: string, { key, value, headers = [] }: InputRecord): number {
  const ofHeaders = headers.reduce((sum, header) => sum + header.key.length + (header.value?.length ?? 0), 0);
  return (key?.length ?? 0) + (value?.length ?? 0) + 20 + topic.length + ofHeaders;
}
