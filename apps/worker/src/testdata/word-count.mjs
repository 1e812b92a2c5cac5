/** Counts words: what a worker runs in its tests. */
import { Serdes, StreamsBuilder } from 'millrace';

export function topology({ WORDS, COUNTS }) {
  const builder = new StreamsBuilder();
  builder
    .stream(WORDS, { key: Serdes.string(), value: Serdes.string() })
    .groupBy((_key, word) => word, { name: 'by-word', key: Serdes.string(), value: Serdes.string() })
    .count({ name: 'counts' })
    .toStream()
    .to(COUNTS);
  return builder.build();
}
