/**
 * The topic `bids` of the peer benches: Nexmark bids from a seed, byte for byte what the Java generator of the suite writes.
 * Key: auction as int64. Value: Confluent frame, schema id 3, Avro Bid. Timestamp: event time.
 */
import { SplittableRandom } from './splittable-random.ts';

/** A record of a benchmark topic. The buffers belong to the receiver. */
export interface BenchRecord {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly timestamp: number;
}

export const bidSchema = {
  type: 'record',
  name: 'Bid',
  namespace: 'bench.avro',
  fields: [
    { name: 'auction', type: 'long' },
    { name: 'bidder', type: 'long' },
    { name: 'price', type: 'long' },
    { name: 'channel', type: 'string' },
    { name: 'url', type: 'string' },
    { name: 'dateTime', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'extra', type: 'string' },
  ],
} as const;

export const bidSchemaId = 3;

export interface Bid {
  auction: number;
  bidder: number;
  price: number;
  channel: string;
  url: string;
  dateTime: number;
  extra: string;
}

/** 2025-01-01T00:00:00Z, the first event. */
export const epochMs = 1_735_689_600_000;
const eventsPerMs = 10;
const auctions = 10_000;
const bidders = 50_000;
const channels = ['apple', 'google', 'facebook', 'baidu'];

export function* generateBids(count: number, seed = 42): Generator<BenchRecord, void, undefined> {
  const random = new SplittableRandom(seed * 31 + 1);
  for (let i = 0; i < count; i++) {
    const timestamp = late(random, eventTimeMs(i));
    const auction = random.longBelow(auctions);
    const bidder = random.longBelow(bidders);
    const price = Math.max(1, Math.floor(Math.pow(10, random.nextDouble() * 6) + 0.5));
    const channel = random.nextBoolean() ? (channels[random.below(4)] ?? '') : `channel-${random.below(10_000)}`;
    const url = `https://www.nexmark.com/${letters(random, 8)}/item.htm?query=1&channel_id=${random.below(10_000)}`;
    const extra = letters(random, Math.max(1, 200 - 28 - channel.length - url.length));
    yield bidRecord({ auction, bidder, price, channel, url, dateTime: timestamp, extra });
  }
}

/** Event time of a bid by its number, before some are made late. */
export function eventTimeMs(bid: number): number {
  const event = Math.floor(bid / 46) * 50 + 4 + (bid % 46);
  return epochMs + Math.floor(event / eventsPerMs);
}

/** A bid as it stands in the topic. */
export function bidRecord(bid: Bid): BenchRecord {
  const key = Buffer.allocUnsafe(8);
  key.writeBigInt64BE(BigInt(bid.auction));
  return { key, value: encodeBid(bid), timestamp: bid.dateTime };
}

function late(random: SplittableRandom, time: number): number {
  const chance = random.below(1_000);
  return chance < 10 ? time - 1 - random.below(5_000) : chance === 10 ? time - 60_000 : time;
}

const scratch = Buffer.allocUnsafe(1_024);

/** Letters, twelve from each random number, five bits each. */
function letters(random: SplittableRandom, count: number): string {
  let high = 0;
  let low = 0;
  for (let i = 0; i < count; i++) {
    if (i % 12 === 0) {
      random.nextLong();
      high = random.high >>> 1;
      low = ((random.low >>> 1) | (random.high << 31)) >>> 0;
    }
    scratch[i] = 97 + ((low & 31) % 26);
    low = ((low >>> 5) | (high << 27)) >>> 0;
    high >>>= 5;
  }
  return scratch.toString('latin1', 0, count);
}

function encodeBid(bid: Bid): Buffer {
  let at = scratch.writeUInt8(0, 0);
  at = scratch.writeInt32BE(bidSchemaId, at);
  at = writeLong(bid.auction, at);
  at = writeLong(bid.bidder, at);
  at = writeLong(bid.price, at);
  at = writeString(bid.channel, at);
  at = writeString(bid.url, at);
  at = writeLong(bid.dateTime, at);
  at = writeString(bid.extra, at);
  return Buffer.from(scratch.subarray(0, at));
}

function writeString(text: string, at: number): number {
  const start = writeLong(text.length, at);
  return start + scratch.write(text, start, 'latin1');
}

/** Avro's zig-zag variable-length long, for safe integers. */
function writeLong(value: number, at: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  while (rest > 127) {
    scratch[at++] = (rest % 128) + 128;
    rest = Math.floor(rest / 128);
  }
  scratch[at++] = rest;
  return at;
}
