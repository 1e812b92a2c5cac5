/** Watches what a client polls and commits. Its parts are changed in place: a layer between would cost what is measured. */
import type { KafkaClient } from '@millrace/ports';

export interface Watch {
  /** So many records of the watched topic came out of a poll. */
  polled(records: number): void;
  /** A transaction, or offsets outside of one, took effect. */
  committed(): void;
  /** The group gave an assignment. */
  assigned(): void;
}

export function watched(client: KafkaClient, topic: string, watch: Watch): KafkaClient {
  const { fetcher, group, transactionalProducer } = client;
  client.fetcher = (options) => {
    const made = fetcher.call(client, options);
    const poll = made.poll.bind(made);
    made.poll = async (maxWaitMs) => {
      const batches = await poll(maxWaitMs);
      const records = batches.reduce((sum, batch) => (batch.topic === topic ? sum + batch.count : sum), 0);
      if (records > 0) watch.polled(records);
      return batches;
    };
    return made;
  };
  client.group = (options) => {
    const made = group.call(client, options);
    const next = made.next.bind(made);
    const commit = made.commit.bind(made);
    made.next = () => {
      const event = next();
      if (event?.type === 'assigned') watch.assigned();
      return event;
    };
    made.commit = (offsets) => commit(offsets).then(() => watch.committed());
    return made;
  };
  client.transactionalProducer = (options) => {
    const made = transactionalProducer.call(client, options);
    const commit = made.commit.bind(made);
    made.commit = async () => {
      const hadEffect = await commit();
      if (hadEffect) watch.committed();
      return hadEffect;
    };
    return made;
  };
  return client;
}
