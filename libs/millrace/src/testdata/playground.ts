/** Where applications are tried on a cluster: topics and applications under names of their own, records in, committed records out. */
import { MillraceError, millraceError, systemClock, systemRandom, type LogFields, type Logger } from '@millrace/base';
import type { FetchedBatch, Header, KafkaClient } from '@millrace/ports';
import type { Program } from '@millrace/topology';
import { KafkaStreams, type StreamsPorts, type StreamsState } from '../index.ts';

/** A cluster to run on. */
export interface ClusterUnderTest {
  readonly bootstrapServers: string;
  newClient(): KafkaClient;
  close(): Promise<void>;
}

export interface Given {
  readonly partition: number;
  readonly key: string | null;
  readonly value: string | Uint8Array | null;
  readonly timestamp?: number;
  readonly headers?: readonly Header[];
}

export interface Found {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
}

export interface Line {
  readonly level: string;
  readonly text: string;
  readonly fields: LogFields;
}

/** A logger whose lines can be looked at and waited for. */
export class Lines implements Logger {
  readonly all: Line[] = [];
  readonly #waiting: { readonly wanted: (line: Line) => boolean; readonly found: (line: Line) => void }[] = [];

  log(level: string, text: string, fields: LogFields = {}): void {
    const line = { level, text, fields };
    if (process.env['VERBOSE'] === '1') process.stderr.write(`${level} ${text} ${JSON.stringify(fields)}\n`);
    this.all.push(line);
    for (const { wanted, found } of this.#waiting) if (wanted(line)) found(line);
  }

  /** The first line with a field, such as `code`, of this value; also one that comes later. */
  with(field: string, value: unknown): Promise<Line> {
    const wanted = ({ fields }: Line): boolean => fields[field] === value;
    const known = this.all.find(wanted);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((found) => this.#waiting.push({ wanted, found }));
  }
}

/** Resolves when an application is in a state; rejects with its failure when it ends in ERROR instead. */
export function reached(streams: KafkaStreams, wanted: StreamsState): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (state: StreamsState): void => {
      if (state === wanted) resolve();
      else if (state === 'ERROR') reject(streams.failure as Error);
    };
    streams.onStateChange(look);
    look(streams.state);
  });
}

/** Resolves when a condition holds; the test's own time-out ends the wait for one that never does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await systemClock.sleep(2);
}

/** Asks until the answer is the wanted one; a retriable error is no answer yet. */
export async function eventually<T>(ask: () => Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask().then(
      (found) => ({ found }),
      (error: unknown) => {
        if (!MillraceError.is(error) || error.severity !== 'retriable') throw error;
      },
    );
    if (answer !== undefined && wanted(answer.found)) return answer.found;
    await systemClock.sleep(2);
  }
}

export class Playground {
  readonly unique = systemRandom.uuid().slice(0, 8);
  readonly applicationId = `app-${this.unique}`;
  readonly #cluster: ClusterUnderTest;
  readonly #client: KafkaClient;
  readonly #applications: KafkaStreams[] = [];

  constructor(cluster: ClusterUnderTest) {
    this.#cluster = cluster;
    this.#client = cluster.newClient();
  }

  get client(): KafkaClient {
    return this.#client;
  }

  /** Makes a topic that keeps every event time; gives its full name. */
  async topic(name: string, partitions: number, configs: Readonly<Record<string, string>> = {}): Promise<string> {
    await this.#client.connect();
    const full = `${name}-${this.unique}`;
    const settings = { 'retention.ms': '-1', ...configs };
    await this.#client.admin.createTopics([{ name: full, partitions, replicationFactor: 1, configs: settings }]);
    return full;
  }

  /** An application that is not started yet. Several with the same id are one group. */
  application(
    program: Program,
    { config = {}, ...ports }: Partial<StreamsPorts> & { readonly config?: Readonly<Record<string, unknown>> },
  ): KafkaStreams {
    const settings = {
      applicationId: this.applicationId,
      bootstrapServers: this.#cluster.bootstrapServers,
      topics: 'create',
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 300,
      ...config,
    };
    const streams = new KafkaStreams(program, settings, {
      client: this.#cluster.newClient(),
      logger: new Lines(),
      ...ports,
    });
    this.#applications.push(streams);
    return streams;
  }

  async feed(topic: string, records: readonly Given[]): Promise<void> {
    const producer = this.#client.producer();
    await producer.prepare([topic]);
    for (const { partition, key, value, timestamp = systemClock.now(), headers } of records) {
      const room = producer.append(topic, partition, bytesOf(key), bytesOf(value), timestamp, headers);
      if (!room) await producer.ready();
    }
    await producer.flush();
    await producer.close();
  }

  /** Reads the committed records of a topic from the beginning until there are enough. */
  async committed(topic: string, enough: (records: readonly Found[]) => boolean): Promise<readonly Found[]> {
    const view = (await this.#client.topics([topic], { maxAgeMs: 0 })).get(topic);
    if (view === undefined) throw millraceError('MR_CLIENT_TOPIC_MISSING', { topics: topic });
    const fetcher = this.#client.fetcher({ isolation: 'read_committed' });
    fetcher.assign(view.partitions.map(({ partition }) => ({ topic, partition, offset: -2 })));
    const found: Found[] = [];
    while (!enough(found)) for (const batch of await fetcher.poll(500)) found.push(...recordsOf(batch));
    await fetcher.close();
    return found;
  }

  /** Closes the applications and deletes the topics. */
  async close(): Promise<void> {
    await Promise.all(this.#applications.map((streams) => streams.close({ timeoutMs: 5_000 })));
    const topics = (await this.#client.listTopics()).filter((name) => name.includes(this.unique));
    await this.#client.admin.deleteTopics(topics);
    await this.#client.close();
  }
}

function bytesOf(value: string | Uint8Array | null): Uint8Array | null {
  return typeof value === 'string' ? Buffer.from(value) : value;
}

function recordsOf(batch: FetchedBatch): readonly Found[] {
  return Array.from({ length: batch.count }, (_, i) => ({
    partition: batch.partition,
    offset: batch.offset(i),
    timestamp: batch.timestamp(i),
    key: batch.key(i)?.toString() ?? null,
    value: batch.value(i),
    headers: batch.headers(i),
  }));
}
