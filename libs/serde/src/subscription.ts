/**
 * Messages of foreign-key joins (KIP-213). A row of the left table subscribes to a row of the right one; the answer comes back with the hash of the left
 * value it was asked for, so that late answers are known. The bytes are those of Kafka Streams.
 */
import { millraceError } from '@millrace/base';
import type { Serde } from './serde.ts';

/** What a subscription asks for; the numbers are its bytes. */
export const instructions = {
  deleteQuietly: 0,
  deleteAndTell: 1,
  /** Always answered, with null when the foreign key has no row. */
  tellAlways: 2,
  tellIfPresent: 3,
} as const;
export type Instruction = (typeof instructions)[keyof typeof instructions];

export interface Subscription<K> {
  /** Of the left value; null: it is deleted. */
  readonly hash: Buffer | null;
  readonly instruction: Instruction;
  readonly primaryKey: K;
  /** Where the answer goes; null in version 0. */
  readonly primaryPartition: number | null;
}

export interface SubscriptionResponse<V> {
  readonly hash: Buffer | null;
  readonly foreignValue: V | null;
  /** For the partitioner; not part of the bytes. */
  readonly primaryPartition: number | null;
}

/** What a serializer of `topic-pk` is told as its topic stands in `primaryKeyTopic`. Version 0 is what versions before 3.4 read. */
export function subscription<K>(primaryKey: Serde<K>, primaryKeyTopic: string, version: 0 | 1): Serde<Subscription<K>> {
  return {
    name: `subscription(${primaryKey.name})`,
    serialize: (_topic, { hash, instruction, primaryKey: key, primaryPartition }) => {
      const isV0 = version === 0 || primaryPartition === null;
      const head = Buffer.of((isV0 ? 0 : 1) | (hash === null ? 0x80 : 0), instruction);
      const parts = [head, hash ?? Buffer.alloc(0), primaryKey.serialize(primaryKeyTopic, key)];
      return Buffer.concat(isV0 ? parts : [...parts, int32(primaryPartition)]);
    },
    deserialize: (topic, bytes) => {
      const { hash, at, version: written } = head(topic, bytes, 2);
      const end = bytes.length - (written === 0 ? 0 : 4);
      if (written > 1 || end < at || (bytes[1] ?? 255) > 3)
        throw unreadable('subscription', topic, `version ${written}, ${bytes.length} bytes`);
      return {
        hash,
        instruction: bytes[1] as Instruction,
        primaryKey: primaryKey.deserialize(primaryKeyTopic, bytes.subarray(at, end)),
        primaryPartition: written === 0 ? null : bytes.readInt32BE(end),
      };
    },
    ...(primaryKey.open === undefined ? {} : { open: (use) => primaryKey.open?.call(primaryKey, use) }),
  } as Serde<Subscription<K>>;
}

/** An empty foreign value comes back as null, as in the JVM library. */
export function subscriptionResponse<V>(foreignValue: Serde<V>): Serde<SubscriptionResponse<V>> {
  return {
    name: `subscription-response(${foreignValue.name})`,
    serialize: (topic, { hash, foreignValue: value }) => {
      const bytes = value === null ? Buffer.alloc(0) : foreignValue.serialize(topic, value);
      return Buffer.concat([Buffer.of(hash === null ? 0x80 : 0), hash ?? Buffer.alloc(0), bytes]);
    },
    deserialize: (topic, bytes) => {
      const { hash, at, version } = head(topic, bytes, 1);
      if (version !== 0) throw unreadable('subscription-response', topic, `version ${version}`);
      const value = at === bytes.length ? null : foreignValue.deserialize(topic, bytes.subarray(at));
      return { hash, foreignValue: value, primaryPartition: null };
    },
    ...(foreignValue.open === undefined ? {} : { open: (use) => foreignValue.open?.call(foreignValue, use) }),
  } as Serde<SubscriptionResponse<V>>;
}

function head(topic: string, bytes: Buffer, prefix: number): { hash: Buffer | null; at: number; version: number } {
  const first = bytes[0] ?? 0;
  const at = prefix + ((first & 0x80) === 0 ? 16 : 0);
  if (bytes.length < at) throw unreadable('subscription', topic, `${bytes.length} bytes, at least ${at} needed`);
  return { hash: at === prefix ? null : Buffer.from(bytes.subarray(prefix, at)), at, version: first & 0x7f };
}

/** Key of a subscription in its store: `i32 length || foreign key || primary key`; without a primary key the prefix of all of one foreign key. */
export function subscriptionKey(foreignKey: Uint8Array, primaryKey: Uint8Array = new Uint8Array(0)): Buffer {
  return Buffer.concat([int32(foreignKey.length), foreignKey, primaryKey]);
}

/** The bytes of the primary key in a subscription's key. */
export function primaryKeyOf(key: Buffer): Buffer {
  return key.subarray(4 + key.readInt32BE(0));
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function unreadable(serde: string, topic: string, problem: string): Error {
  return millraceError('MR_SERDE_UNREADABLE', { serde, topic, problem });
}
