/** Reads a result topic from its beginning, committed records only, and keeps the last value of every key. */
import type { Fetcher, KafkaClient, TopicPartition } from '@millrace/ports';

export class TopicFollower<K, V> {
  readonly values = new Map<K, V>();
  readonly #client: KafkaClient;
  readonly #topic: string;
  readonly #read: (key: Buffer, value: Buffer) => Promise<readonly [K, V]> | readonly [K, V];
  #fetcher: Fetcher | undefined;
  #partitions: readonly TopicPartition[] = [];

  constructor(
    client: KafkaClient,
    topic: string,
    read: (key: Buffer, value: Buffer) => Promise<readonly [K, V]> | readonly [K, V],
  ) {
    this.#client = client;
    this.#topic = topic;
    this.#read = read;
  }

  /** Reads up to the last stable offset of this moment. One call at a time. */
  async catchUp(): Promise<void> {
    const fetcher = (this.#fetcher ??= await this.#open());
    const ends = await this.#client.admin.listOffsets(this.#partitions, 'latest', 'read_committed');
    while (ends.some((end) => end.offset > (fetcher.position(end) ?? 0))) {
      for (const batch of await fetcher.poll(200)) {
        for (let i = 0; i < batch.count; i++) {
          const key = batch.key(i);
          const value = batch.value(i);
          if (key !== null && value !== null) this.values.set(...(await this.#read(key, value)));
        }
      }
    }
  }

  async close(): Promise<void> {
    await this.#fetcher?.close();
  }

  async #open(): Promise<Fetcher> {
    const view = (await this.#client.topics([this.#topic], { maxAgeMs: 0 })).get(this.#topic);
    this.#partitions = (view?.partitions ?? []).map(({ partition }) => ({ topic: this.#topic, partition }));
    const fetcher = this.#client.fetcher({ isolation: 'read_committed', offsetReset: 'earliest' });
    fetcher.assign(await this.#client.admin.listOffsets(this.#partitions, 'earliest', 'read_committed'));
    return fetcher;
  }
}
