/** Checks of what Kafka Streams writes into changelogs, and of the settings of its internal topics. */
import { Buffer } from 'node:buffer';
import { isDeepStrictEqual } from 'node:util';
import type { Header } from '@millrace/ports';
import {
  BufferedChange,
  decodePosition,
  encodePosition,
  encodeRecordContext,
  readBufferedChange,
  waitingItem,
  waitingPlace,
  type Position,
  type RecordCircumstances,
} from '@millrace/state';
import { internalTopicConfigs, type TopicPurpose } from '@millrace/topology';

type NamedHex = readonly [name: string, hex: string | null];

interface ContextVector {
  readonly timestamp: number;
  readonly offset: number;
  readonly partition: number;
  readonly topic: string;
  readonly headers: readonly NamedHex[];
  readonly hex: string;
}

interface BufferVector {
  readonly prior: string | null;
  readonly old: string | null;
  readonly new: string | null;
  readonly contextHeaders: readonly NamedHex[];
  readonly bufferTime: number;
  readonly hex: string;
}

interface SideVector {
  readonly key: string;
  readonly ts: number;
  readonly value: string;
  readonly left: string;
  readonly right: string;
}

interface TopicVector {
  readonly kind: string;
  /** `name=value`, or `no settings`. */
  readonly storeSettings: string;
  readonly topicPrefixDefaults: string;
  readonly additionalRetentionMs: number;
  readonly config: Readonly<Record<string, string>>;
}

const headersOf = (named: readonly NamedHex[]): readonly Header[] =>
  named.map(([key, hex]) => ({ key, value: hex === null ? null : Buffer.from(hex, 'hex') }));

export function checkRecordContext({ headers, hex, timestamp, ...origin }: ContextVector): boolean {
  return encodeRecordContext({ timestamp, headers: headersOf(headers), origin }).toString('hex') === hex;
}

/** The recorder's records all have the same origin. */
const origin = { topic: 'topic', partition: 2, offset: 7 };

/** Written, and read again as a record of a changelog of version 3. */
export function checkBufferedChange(vector: BufferVector): boolean {
  const { bufferTime, hex, contextHeaders } = vector;
  const [prior, oldValue, newValue] = [vector.prior, vector.old, vector.new].map((text) =>
    text === null ? null : Buffer.from(text),
  ) as [Buffer | null, Buffer | null, Buffer | null];
  const change = new BufferedChange(prior, oldValue, newValue, 5, { headers: headersOf(contextHeaders), origin });
  const logged: RecordCircumstances = { headers: [{ key: 'v', value: Buffer.of(3) }], timestamp: -1, origin };
  const read = readBufferedChange({ ...logged, value: Buffer.from(hex, 'hex') }, undefined);
  const texts = [read.change.prior, read.change.oldValue, read.change.newValue].map((value) => value?.toString());
  return (
    change.serialize(bufferTime).toString('hex') === hex &&
    read.time === bufferTime &&
    read.change.timestamp === 5 &&
    isDeepStrictEqual(read.change.headers ?? [], headersOf(contextHeaders)) &&
    isDeepStrictEqual(texts, [vector.prior ?? undefined, vector.old ?? undefined, vector.new ?? undefined])
  );
}

export function checkWaitingPlace({ key, ts, left, right }: SideVector): boolean {
  const placeOf = (isLeft: boolean): string => waitingPlace(isLeft, Buffer.from(key), ts).toString('hex');
  return placeOf(true) === left && placeOf(false) === right;
}

export function checkWaitingItem({ value, left, right }: SideVector): boolean {
  const itemOf = (isLeft: boolean): string => Buffer.from(waitingItem(isLeft, Buffer.from(value))).toString('hex');
  return itemOf(true) === left && itemOf(false) === right;
}

/** `about` is `topic: partition N offset M`, or `empty`. */
export function checkPosition({ about, hex }: { readonly about: string; readonly hex: string }): boolean {
  const [, topic, partition, offset] = /^(\w+): partition (\d+) offset (\d+)$/.exec(about) ?? [];
  const position: Position =
    topic === undefined ? new Map() : new Map([[topic, new Map([[Number(partition), Number(offset)]])]]);
  return (
    encodePosition(position).toString('hex') === hex &&
    isDeepStrictEqual(decodePosition(Buffer.from(hex, 'hex')), position)
  );
}

/** `kind` is `repartition`, `changelog unwindowed`, `changelog windowed, retention N` or `changelog versioned, history N`. */
export function checkTopicConfigs(vector: TopicVector): boolean {
  const { kind, storeSettings, topicPrefixDefaults, additionalRetentionMs, config } = vector;
  const ms = Number(/\d+/.exec(kind)?.[0]);
  const purpose: TopicPurpose = kind.includes('windowed,')
    ? { kind: 'windows', retentionMs: ms }
    : kind.includes('versioned')
      ? { kind: 'versioned', historyRetentionMs: ms }
      : { kind: kind === 'repartition' ? 'repartition' : 'table' };
  const configs = internalTopicConfigs(purpose, {
    additionalRetentionMs,
    defaults: settingsOf(topicPrefixDefaults),
    settings: settingsOf(storeSettings),
  });
  return isDeepStrictEqual(configs, config);
}

function settingsOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(',').filter((pair) => pair.includes('='));
  return Object.fromEntries(pairs.map((pair) => pair.split('=') as [string, string]));
}
