import type { KafkaClient } from '@millrace/ports';
import type { World } from './world.ts';

/** What must come to rest. */
export interface Work {
  /** The consumer group of the application. */
  readonly group: string;
  /** Topics that the group reads to their ends. */
  readonly inputs: readonly string[];
  /** All topics that transactions write to. */
  readonly topics: readonly string[];
}

/** The first thing that is not done: a transaction that is open, a committed record that the group has not committed as read. */
export async function unfinished(world: World, client: KafkaClient, work: Work): Promise<string | undefined> {
  const committed = new Map<string, number>();
  for (const { topic, partition, offset } of await client.admin.groupOffsets(work.group))
    committed.set(`${topic}-${partition}`, offset);
  for (const topic of work.topics) {
    for (const [partition, { records, undecided }] of world.logs(topic).entries()) {
      const name = `${topic}-${partition}`;
      if (undecided > 0) return `an open transaction on ${name}`;
      const next = (records.at(-1)?.offset ?? -1) + 1;
      if (work.inputs.includes(topic) && (committed.get(name) ?? 0) < next) return `offsets of ${name}`;
    }
  }
  return undefined;
}
