/** Counts words: what a worker runs in its tests. With NUMBERS the words must be numbers of eight bytes. */
import { Serdes, StreamsBuilder } from 'millrace';

export function topology({ WORDS, COUNTS, NUMBERS }) {
  const builder = new StreamsBuilder();
  builder
    .stream(WORDS, { key: Serdes.string(), value: NUMBERS ? Serdes.long() : Serdes.string() })
    .groupBy((_key, word) => String(word), { name: 'by-word', key: Serdes.string(), value: Serdes.string() })
    .count({ name: 'counts' })
    .toStream()
    .to(COUNTS);
  return builder.build();
}
