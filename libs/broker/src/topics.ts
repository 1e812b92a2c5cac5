/** The topics of a broker, by name and by id. */
import { Buffer } from 'node:buffer';
import type { Random } from '@millrace/base';
import { Partition } from './partition.ts';
import { logSettings, type LogSettings } from './topic-settings.ts';

/** A topic with its partitions and its own settings. */
export class Topic {
  readonly name: string;
  /** 16 bytes as base64url, as the protocol has them. */
  readonly id: string;
  readonly #partitions: Partition[] = [];
  #own: ReadonlyMap<string, string>;
  #settings: LogSettings;

  constructor(name: string, id: string, own: ReadonlyMap<string, string>) {
    this.name = name;
    this.id = id;
    this.#own = own;
    this.#settings = logSettings(own);
  }

  get partitions(): readonly Partition[] {
    return this.#partitions;
  }

  /** Settings that differ from the defaults. */
  get own(): ReadonlyMap<string, string> {
    return this.#own;
  }

  get settings(): LogSettings {
    return this.#settings;
  }

  configure(own: ReadonlyMap<string, string>): void {
    this.#own = own;
    this.#settings = logSettings(own);
  }

  /** Adds partitions until there are so many. */
  grow(count: number): void {
    while (this.#partitions.length < count) this.#partitions.push(new Partition(this.#partitions.length));
  }
}

/** All topics. */
export class Topics {
  readonly #random: Random;
  readonly #byName = new Map<string, Topic>();
  readonly #byId = new Map<string, Topic>();

  constructor(random: Random) {
    this.#random = random;
  }

  all(): Iterable<Topic> {
    return this.#byName.values();
  }

  get(name: string): Topic | undefined {
    return this.#byName.get(name);
  }

  byId(id: string): Topic | undefined {
    return this.#byId.get(id);
  }

  partition(name: string, index: number): Partition | undefined {
    return this.#byName.get(name)?.partitions[index];
  }

  create(name: string, partitions: number, own: ReadonlyMap<string, string>): Topic {
    const id = Buffer.from(this.#random.uuid().replaceAll('-', ''), 'hex').toString('base64url');
    const topic = new Topic(name, id, own);
    topic.grow(partitions);
    this.#byName.set(name, topic);
    this.#byId.set(id, topic);
    return topic;
  }

  /** Deletes a topic; who waits for its records is told. */
  delete(topic: Topic): void {
    this.#byName.delete(topic.name);
    this.#byId.delete(topic.id);
    for (const partition of topic.partitions) partition.notify(0);
  }
}

/** Kafka's rule for names of topics. */
export function isLegalTopicName(name: string): boolean {
  return /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== '.' && name !== '..';
}
