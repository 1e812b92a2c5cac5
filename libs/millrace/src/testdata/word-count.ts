/** Counts of words, re-keyed through a repartition topic: the smallest application that has everything. */
import type { Found, Given } from './playground.ts';
import { Serdes, StreamsBuilder, type Program, type Serde } from '../index.ts';

export interface Words {
  readonly input: string;
  readonly output: string;
  readonly value?: Serde<string>;
}

export function wordCount({ input, output, value = Serdes.string() }: Words): Program {
  const builder = new StreamsBuilder();
  builder
    .stream(input, { key: Serdes.string(), value })
    .groupBy((_key, word) => word, { name: 'by-word', key: Serdes.string(), value: Serdes.string() })
    .count({ name: 'counts' })
    .toStream()
    .to(output);
  return builder.build();
}

/** `count` words of `different` ones, spread over the partitions: the same for the same numbers. */
export function words(count: number, { different = 20, partitions = 4, from = 0 } = {}): readonly Given[] {
  return Array.from({ length: count }, (_, n) => {
    const i = from + n;
    return { partition: i % partitions, key: `k${i}`, value: `w${(i * 7) % different}` };
  });
}

/** The fold that the application must equal. */
export function fold(...fed: readonly (readonly Given[])[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { value } of fed.flat()) counts[String(value)] = (counts[String(value)] ?? 0) + 1;
  return counts;
}

/** The newest count of each word. */
export function latest(records: readonly Found[]): Readonly<Record<string, number>> {
  return Object.fromEntries(records.map(({ key, value }) => [key, Number(value?.readBigInt64BE())]));
}

/** True when every word has the count it must have, or a greater one. */
export function reaches(wanted: Readonly<Record<string, number>>): (records: readonly Found[]) => boolean {
  return (records) => {
    const counts = latest(records);
    return Object.entries(wanted).every(([word, count]) => (counts[word] ?? 0) >= count);
  };
}

/** Words whose counts do not only grow: a count that came again or went back. */
export function stale(records: readonly Found[]): readonly string[] {
  const counts = new Map<string | null, number>();
  return records.flatMap(({ key, value }) => {
    const count = Number(value?.readBigInt64BE());
    const isStale = count <= (counts.get(key) ?? 0);
    counts.set(key, count);
    return isStale ? [`${key}: ${count}`] : [];
  });
}
