/** W1 and W3 of the peer benches, written as a user would: same topics, same bytes, same results. */
import { Serdes, StreamsBuilder, TimeWindows, avro, timeWindowed, type Program } from 'millrace';
import { bidSchema, bidSchemaId, type Bid } from './nexmark/bids.ts';

export interface WorkloadTopics {
  readonly bids: string;
  /** One late bid a partition that closes the last windows (W3). */
  readonly ticks: string;
  readonly output: string;
}

export interface Workload {
  readonly name: 'W1' | 'W3';
  readonly emitsOnClose: boolean;
  program(topics: WorkloadTopics): Program;
}

const bid = avro<Bid>({ schema: bidSchema, schemaId: bidSchemaId });

/** Nexmark q1: the price in euro, in integers; the key stays. */
const w1: Workload = {
  name: 'W1',
  emitsOnClose: false,
  program: (topics) => {
    const builder = new StreamsBuilder();
    builder
      .stream(topics.bids, { key: Serdes.bytes(), value: bid })
      .mapValues((value) => {
        value.price = Math.floor((value.price * 908) / 1_000);
        return value;
      })
      .to(topics.output, { key: Serdes.bytes(), value: bid });
    return builder.build();
  },
};

/** What a window holds while it is open. Id 10 is state only. */
interface BidStats {
  count: number;
  sum: number;
  min: number;
  max: number;
  sumOfSquares: number;
}

const bidStats = avro<BidStats>({
  schemaId: 10,
  schema: {
    type: 'record',
    name: 'BidStats',
    namespace: 'bench.avro',
    fields: [
      { name: 'count', type: 'long' },
      { name: 'sum', type: 'long' },
      { name: 'min', type: 'long' },
      { name: 'max', type: 'long' },
      { name: 'sumOfSquares', type: 'double' },
    ],
  },
});

interface WindowStats {
  readonly auction: number;
  readonly windowStart: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly avg: number;
  readonly variance: number;
}

const windowStats = avro<WindowStats>({
  schemaId: 11,
  schema: {
    type: 'record',
    name: 'WindowStats',
    namespace: 'bench.avro',
    fields: [
      { name: 'auction', type: 'long' },
      { name: 'windowStart', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'count', type: 'long' },
      { name: 'sum', type: 'long' },
      { name: 'min', type: 'long' },
      { name: 'max', type: 'long' },
      { name: 'avg', type: 'double' },
      { name: 'variance', type: 'double' },
    ],
  },
});

const windowMs = 60_000;

/** Bids per auction in 1-minute windows, grace 10 s, final results only. */
const w3: Workload = {
  name: 'W3',
  emitsOnClose: true,
  program: (topics) => {
    const builder = new StreamsBuilder();
    builder
      .stream([topics.bids, topics.ticks], { key: Serdes.long(), value: bid })
      .groupByKey({ key: Serdes.long(), value: bid })
      .windowedBy(TimeWindows.ofSizeAndGrace(windowMs, '10s'))
      .emitStrategy('onWindowClose')
      .aggregate(() => ({ count: 0, sum: 0, min: Infinity, max: -Infinity, sumOfSquares: 0 }), add, {
        name: 'stats',
        key: Serdes.long(),
        value: bidStats,
        retention: '10m',
      })
      .toStream()
      .mapValues((stats, { key, window }) => result(key, window.start, stats))
      .to(topics.output, { key: timeWindowed(Serdes.long(), windowMs), value: windowStats });
    return builder.build();
  },
};

function add(_auction: number, { price }: Bid, stats: BidStats): BidStats {
  stats.count++;
  stats.sum += price;
  if (price < stats.min) stats.min = price;
  if (price > stats.max) stats.max = price;
  stats.sumOfSquares += price * price;
  return stats;
}

/** In doubles and in this order, as every peer computes it. */
function result(auction: number, windowStart: number, { count, sum, min, max, sumOfSquares }: BidStats): WindowStats {
  const avg = sum / count;
  return { auction, windowStart, count, sum, min, max, avg, variance: sumOfSquares / count - avg * avg };
}

export const workloads: readonly Workload[] = [w1, w3];
