/** A join, sessions, suppressed windows and a processor with a store, on the same input: what the main job has not. */
import { JoinWindows, SessionWindows, Stores, StreamsBuilder, TimeWindows } from '@millrace/dsl';
import { Serdes, sessionWindowed, timeWindowed } from '@millrace/serde';
import type { KeyValueStore, ProcessorContext, Program } from '@millrace/topology';

export const inputTopics = ['left', 'right'] as const;
export const outputTopics = ['pairs', 'sessions', 'finals', 'numbered'] as const;
/** Times of the operators, ms of event time. */
export const spans = { joinMs: 40_000, gapMs: 30_000, windowMs: 60_000, graceMs: 60_000 } as const;

const strings = { key: Serdes.string(), value: Serdes.string() };

export function operatorsProgram(): Program {
  const numbers = Stores.keyValueStore({ name: 'numbers', key: Serdes.string(), value: Serdes.long() });
  const builder = new StreamsBuilder().addStateStore(numbers);
  const left = builder.stream('left', strings);
  const right = builder.stream('right', strings);
  left
    .join(right, (a, b) => `${a}+${b}`, JoinWindows.ofTimeDifferenceAndGrace(spans.joinMs, '1d'), {
      ...strings,
      otherValue: strings.value,
    })
    .to('pairs', strings);
  const grouped = left.groupByKey(strings);
  grouped
    .windowedBy(SessionWindows.ofInactivityGapAndGrace(spans.gapMs, spans.graceMs))
    .count({ name: 'sessions' })
    .toStream()
    .to('sessions', { key: sessionWindowed(Serdes.string()), value: Serdes.long() });
  grouped
    .windowedBy(TimeWindows.ofSizeAndGrace(spans.windowMs, spans.graceMs))
    .count({ name: 'windows' })
    .suppress({ until: 'windowCloses' })
    .toStream()
    .to('finals', { key: timeWindowed(Serdes.string(), spans.windowMs), value: Serdes.long() });
  left
    .process<string, string>(
      () => {
        let context: ProcessorContext<string, string>;
        let store: KeyValueStore<string, number>;
        return {
          init: (given) => {
            context = given;
            store = given.getStateStore(numbers);
          },
          process: (record) => {
            const number = (store.get(record.key) ?? 0) + 1;
            store.put(record.key, number);
            context.forward(record.withValue(`${record.value}#${number}`));
          },
        };
      },
      { stores: [numbers] },
    )
    .to('numbered', strings);
  return builder.build();
}
