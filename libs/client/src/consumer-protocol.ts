/**
 * The bytes that members of a group exchange (`ConsumerProtocol`): subscriptions on their way to the leader, assignments on their way
 * back. Stock tools read them, so they are Kafka's own: subscriptions of version 3 (KIP-429 owned partitions, KIP-792 generation),
 * assignments of version 1. Every version is read; what a later one adds behind is left alone.
 */
import { Buffer } from 'node:buffer';
import type { MemberAssignment, TopicPartition } from '@millrace/ports';
import { byTopic } from './topic-partitions.ts';

const subscriptionVersion = 3;
const assignmentVersion = 1;
const noBytes = Buffer.alloc(0);

/** What a member tells the leader. */
export interface Subscription {
  readonly topics: readonly string[];
  readonly userData: Buffer;
  readonly owned: readonly TopicPartition[];
  /** In which it owned them; -1 unknown. */
  readonly generation: number;
}

export function encodeSubscription({ topics, userData, owned, generation }: Subscription): Buffer {
  return Buffer.concat([
    int16(subscriptionVersion),
    int32(topics.length),
    ...topics.flatMap(string),
    ...bytes(userData),
    ...partitions(owned),
    int32(generation),
    int16(-1), // no rack
  ]);
}

export function decodeSubscription(message: Buffer): Subscription {
  const reader = new MessageReader(message);
  const version = reader.int16();
  const topics = reader.list(() => reader.string());
  const userData = reader.bytes();
  const owned = version >= 1 ? reader.partitions() : [];
  const generation = version >= 2 ? reader.int32() : -1;
  return { topics, userData, owned, generation };
}

export function encodeAssignment({ partitions: assigned, userData }: MemberAssignment): Buffer {
  return Buffer.concat([int16(assignmentVersion), ...partitions(assigned), ...bytes(userData)]);
}

/** Nothing at all is the assignment of a member that the leader left out. */
export function decodeAssignment(message: Buffer): MemberAssignment {
  if (message.length === 0) return { partitions: [], userData: noBytes };
  const reader = new MessageReader(message);
  reader.int16();
  return { partitions: reader.partitions(), userData: reader.bytes() };
}

function int16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
}

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

function string(text: string): Buffer[] {
  const encoded = Buffer.from(text);
  return [int16(encoded.length), encoded];
}

function bytes(value: Uint8Array): Uint8Array[] {
  return [int32(value.length), value];
}

function partitions(list: readonly TopicPartition[]): Buffer[] {
  const topics = byTopic(list);
  return [
    int32(topics.length),
    ...topics.flatMap(([topic, own]) => [
      ...string(topic),
      int32(own.length),
      ...own.map(({ partition }) => int32(partition)),
    ]),
  ];
}

/** Reads past the end raise a RangeError of Buffer, which the member turns into MR_CLIENT_GROUP_PROTOCOL. */
class MessageReader {
  readonly #message: Buffer;
  #position = 0;

  constructor(message: Buffer) {
    this.#message = message;
  }

  int16(): number {
    this.#position += 2;
    return this.#message.readInt16BE(this.#position - 2);
  }

  int32(): number {
    this.#position += 4;
    return this.#message.readInt32BE(this.#position - 4);
  }

  string(): string {
    return this.#take(this.int16()).toString();
  }

  /** Null is read as empty. */
  bytes(): Buffer {
    const length = this.int32();
    return length <= 0 ? noBytes : Buffer.from(this.#take(length));
  }

  list<T>(read: () => T): T[] {
    const list: T[] = [];
    for (let left = this.int32(); left > 0; left--) list.push(read());
    return list;
  }

  partitions(): TopicPartition[] {
    return this.list(() => {
      const topic = this.string();
      return this.list(() => ({ topic, partition: this.int32() }));
    }).flat();
  }

  #take(length: number): Buffer {
    const start = this.#position;
    if (length < 0 || start + length > this.#message.length) this.#message.readInt8(this.#message.length);
    this.#position = start + length;
    return this.#message.subarray(start, start + length);
  }
}
