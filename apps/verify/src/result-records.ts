/** Bytes of the result topics, read by hand: string key, or key ++ window start (int64); int64 counts; Avro rankings in Confluent's frame. */
import type { CountSeen, RankingSeen, Span } from './compare.ts';

/** The result topics of counts, without their prefix. */
export const countTopics: Readonly<Record<Span, string>> = {
  window: 'hashtag-mentions-10m',
  day: 'hashtag-mentions-day',
  all: 'hashtag-mentions-all',
};

export const rankingTopic = 'trending-hashtags';

export function countOf(span: Span, key: Buffer, value: Buffer): CountSeen {
  const mentions = Number(value.readBigInt64BE());
  if (span === 'all') return { hashtag: key.toString('utf8'), interval: 'ALL', mentions };
  const start = new Date(Number(key.readBigInt64BE(key.length - 8))).toISOString();
  const interval = span === 'day' ? start.slice(0, 10) : `${start.slice(0, 16)}Z`;
  return { hashtag: key.toString('utf8', 0, key.length - 8), interval, mentions };
}

export function rankingOf(key: Buffer, value: Buffer): RankingSeen {
  if (value[0] !== 0) throw new Error('a ranking does not begin with magic byte 0');
  const cursor = { bytes: value, at: 5 };
  readLong(cursor);
  const entries: { hashtag: string; mentions: number }[] = [];
  for (let count = readLong(cursor); count !== 0; count = readLong(cursor)) {
    if (count < 0) readLong(cursor);
    for (let i = 0; i < Math.abs(count); i++) entries.push({ hashtag: readString(cursor), mentions: readLong(cursor) });
  }
  return { windowStart: Number(key.readBigInt64BE()), entries };
}

interface Cursor {
  readonly bytes: Buffer;
  at: number;
}

/** Avro's zig-zag long. */
function readLong(cursor: Cursor): number {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = cursor.bytes[cursor.at++] ?? 0;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return Number((value >> 1n) ^ -(value & 1n));
  }
}

function readString(cursor: Cursor): string {
  const length = readLong(cursor);
  cursor.at += length;
  return cursor.bytes.toString('utf8', cursor.at - length, cursor.at);
}
