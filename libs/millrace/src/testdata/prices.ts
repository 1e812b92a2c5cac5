/** Prices with their history: a versioned store. */
import { Serdes, StreamsBuilder, type Program } from '../index.ts';
import type { Given } from './playground.ts';

const text = { key: Serdes.string(), value: Serdes.string() };

export function priceHistory(input: string): Program {
  const builder = new StreamsBuilder();
  builder.stream(input, text).toTable({ name: 'prices', versioned: { history: '1h', segmentInterval: '10m' } });
  return builder.build();
}

/** Prices of goods, of which each has the partition of its number: 1, 2, … each minute, and goods 0 is not sold in the fourth. */
export function prices(count: number, { goods = 4, partitions = 4 } = {}): readonly Given[] {
  return Array.from({ length: count * goods }, (_, n) => {
    const [good, minute] = [n % goods, Math.floor(n / goods)];
    const value = good === 0 && minute === 3 ? null : String(minute + 1);
    return { partition: good % partitions, key: `good-${good}`, value, timestamp: minute * 60_000 };
  });
}
