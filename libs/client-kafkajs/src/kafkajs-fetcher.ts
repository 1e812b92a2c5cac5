import { millraceError, type Clock } from '@millrace/base';
import type { FetchedBatch, Fetcher, FetcherOptions, Header, TopicPartition } from '@millrace/ports';
import { translated, type Cluster, type RawMessage, type RawPartition } from './cluster.ts';
import { committedMessages, dataMessages } from './read-committed.ts';

interface Position {
  readonly topic: string;
  readonly partition: number;
  offset: number;
  endOffset: number | undefined;
  paused: boolean;
}

/** What a broker said about a partition, and what it was asked. */
interface Answer {
  readonly position: Position;
  readonly offset: number;
  readonly found: RawPartition;
}

export interface FetcherPorts {
  readonly cluster: Cluster;
  readonly clock: Clock;
  /** Resolves -1 and -2 to offsets. */
  resolve(partition: TopicPartition, offset: -1 | -2): Promise<number>;
}

const offsetOutOfRange = 1;
const key = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

/** Fetches when polled, one request a broker; nothing is read ahead. */
export class KafkajsFetcher implements Fetcher {
  readonly #options: FetcherOptions;
  readonly #ports: FetcherPorts;
  readonly #positions = new Map<string, Position>();
  /** Topics that the cluster's metadata covers. */
  readonly #known = new Set<string>();
  /** A poll that is woken leaves its requests on their way; the next one takes their answers. */
  #fetching: Promise<readonly Answer[]> | undefined;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(options: FetcherOptions, ports: FetcherPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  assign(partitions: readonly (TopicPartition & { readonly offset: number })[]): void {
    for (const { topic, partition, offset } of partitions) {
      this.#positions.set(key({ topic, partition }), { topic, partition, offset, endOffset: undefined, paused: false });
    }
  }

  unassign(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#positions.delete(key(partition));
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#setPaused(partitions, true);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#setPaused(partitions, false);
  }

  async poll(maxWaitMs: number): Promise<FetchedBatch[]> {
    const wanted = [...this.#positions.values()].filter(({ paused }) => !paused);
    if (wanted.length === 0 || this.#closed) {
      await this.#idle(maxWaitMs);
      return [];
    }
    const fetching = (this.#fetching ??= this.#fetch(wanted, maxWaitMs));
    // Whoever is woken does not hear of a failure; the next poll does.
    fetching.catch(() => undefined);
    try {
      const answers = await Promise.race([fetching, this.#idle(maxWaitMs + 1_000)]);
      if (answers === undefined) return [];
      this.#fetching = undefined;
      return answers.flatMap((answer) => this.#accepted(answer));
    } catch (error) {
      this.#fetching = undefined;
      throw translated(error, 'fetching');
    } finally {
      this.#wake?.();
    }
  }

  wakeup(): void {
    this.#wake?.();
  }

  position(partition: TopicPartition): number | undefined {
    return this.#positions.get(key(partition))?.offset;
  }

  endOffset(partition: TopicPartition): number | undefined {
    return this.#positions.get(key(partition))?.endOffset;
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#positions.clear();
    this.wakeup();
    return Promise.resolve();
  }

  #setPaused(partitions: readonly TopicPartition[], paused: boolean): void {
    for (const partition of partitions) {
      const position = this.#positions.get(key(partition));
      if (position) position.paused = paused;
    }
  }

  #idle(ms: number): Promise<undefined> {
    const ended = new AbortController();
    this.#wake = () => ended.abort();
    return this.#ports.clock.sleep(ms, ended.signal).then(() => undefined);
  }

  async #fetch(positions: readonly Position[], maxWaitMs: number): Promise<readonly Answer[]> {
    await this.#learn(positions.map(({ topic }) => topic).filter((topic) => !this.#known.has(topic)));
    for (const position of positions) {
      if (position.offset === -1 || position.offset === -2)
        position.offset = await this.#ports.resolve(position, position.offset);
    }
    const answers = await Promise.all(
      [...this.#byLeader(positions)].map(async ([nodeId, led]) => this.#fetchFrom(nodeId, led, maxWaitMs)),
    );
    return answers.flat();
  }

  async #learn(topics: readonly string[]): Promise<void> {
    if (topics.length === 0) return;
    await this.#ports.cluster.connect();
    await this.#ports.cluster.addMultipleTargetTopics(topics);
    for (const topic of topics) this.#known.add(topic);
  }

  #byLeader(positions: readonly Position[]): Map<string, Position[]> {
    const byLeader = new Map<string, Position[]>();
    for (const position of positions) {
      const leaders = this.#ports.cluster.findLeaderForPartitions(position.topic, [position.partition]);
      for (const nodeId of Object.keys(leaders)) byLeader.set(nodeId, [...(byLeader.get(nodeId) ?? []), position]);
    }
    return byLeader;
  }

  async #fetchFrom(nodeId: string, positions: readonly Position[], maxWaitMs: number): Promise<readonly Answer[]> {
    const broker = await this.#ports.cluster.findBroker({ nodeId });
    const asked = new Map(positions.map((position) => [key(position), { position, offset: position.offset }]));
    const topics = new Map<string, { partition: number; fetchOffset: string; maxBytes: number }[]>();
    for (const { topic, partition, offset } of positions) {
      const wanted = { partition, fetchOffset: String(offset), maxBytes: this.#options.maxPartitionBytes ?? 1_048_576 };
      topics.set(topic, [...(topics.get(topic) ?? []), wanted]);
    }
    const { responses } = await broker.fetch({
      isolationLevel: this.#options.isolation === 'read_committed' ? 1 : 0,
      maxWaitTime: Math.min(maxWaitMs, this.#options.maxWaitMs ?? 500),
      minBytes: this.#options.minBytes ?? 1,
      maxBytes: this.#options.maxBytes ?? 52_428_800,
      topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })),
    });
    return responses.flatMap(({ topicName: topic, partitions }) =>
      partitions.flatMap((found): Answer[] => {
        const one = asked.get(key({ topic, partition: found.partition }));
        return one === undefined ? [] : [{ ...one, found }];
      }),
    );
  }

  /** A partition that was moved, dropped or paused since it was asked for is asked for again, from where it stands then. */
  #accepted({ position, offset, found: answer }: Answer): FetchedBatch[] {
    const { topic } = position;
    const isCurrent = this.#positions.get(key(position)) === position && position.offset === offset;
    if (!isCurrent || position.paused) return [];
    if (answer.errorCode === offsetOutOfRange) return this.#outOfRange(position);
    if (answer.errorCode !== 0) {
      throw millraceError('MR_KAFKAJS_RETRIABLE', {
        doing: `fetching ${key(position)}`,
        message: `error code ${answer.errorCode}`,
      });
    }
    const isCommitted = this.#options.isolation === 'read_committed';
    position.endOffset = Number(isCommitted ? answer.lastStableOffset : answer.highWatermark);
    const last = answer.messages.at(-1);
    if (last === undefined) {
      // Compaction leaves batches without records; kafkajs does not say where they end, so they are passed offset by offset.
      if (position.offset < position.endOffset) position.offset++;
      return [];
    }
    const messages = isCommitted ? committedMessages(answer, position.offset) : dataMessages(answer, position.offset);
    position.offset = Number(last.offset) + 1;
    return [messageBatch(topic, answer.partition, messages, position.offset)];
  }

  #outOfRange(position: Position): FetchedBatch[] {
    const reset = this.#options.offsetReset ?? 'fail';
    if (reset === 'fail')
      throw millraceError('MR_KAFKAJS_OUT_OF_RANGE', {
        topic: position.topic,
        partition: position.partition,
        offset: position.offset,
      });
    position.offset = reset === 'earliest' ? -2 : -1;
    return [];
  }
}

/** A batch over kafkajs' message objects. */
function messageBatch(
  topic: string,
  partition: number,
  messages: readonly RawMessage[],
  nextOffset: number,
): FetchedBatch {
  const at = (i: number): RawMessage => messages[i] as RawMessage;
  return {
    topic,
    partition,
    count: messages.length,
    nextOffset,
    leaderEpoch: -1,
    offset: (i) => Number(at(i).offset),
    timestamp: (i) => Number(at(i).timestamp),
    key: (i) => at(i).key,
    value: (i) => at(i).value,
    headers: (i) => headersOf(at(i)),
  };
}

function headersOf({ headers }: RawMessage): Header[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? null]).map((one): Header => ({ key: name, value: one })),
  );
}
