/** Settings that change a topology or its stores, and stores of a processor's own (testdata/jvm/.../Tables.java). */
import {
  Serdes,
  SessionWindows,
  sessionWindowed,
  Stores,
  StreamsBuilder,
  timeWindowed,
  TimeWindows,
  type ProcessorContext,
  type ProcessorRecord,
  type Program,
  type StreamsConfig,
} from 'millrace';
import { counts, strings, type Happening, type Pick, type Scenario, type TopicPrefixes } from './scenario.ts';

const tumbling = TimeWindows.ofSizeAndGrace('10s', '2m');
const windowedCounts = { key: timeWindowed(Serdes.string(), 10_000), value: Serdes.long() };
const sessionCounts = { key: sessionWindowed(Serdes.string()), value: Serdes.long() };

export const tableScenarios: readonly Scenario[] = [
  {
    name: 'optimised',
    inputs: ['players', 'goals'],
    output: 'standings',
    // The table is restored from its source topic, as far as it was processed; two aggregations share a repartition topic.
    settings: { 'topology.optimization': 'all' },
    compared: 'latest',
    event: (pick: Pick): Happening => {
      const [player, team] = [`player-${pick(100)}`, `team-${pick(12)}`];
      if (pick(2) === 0) return { topic: 'goals', key: player, value: team };
      return { topic: 'players', key: player, value: pick(8) === 0 ? null : team };
    },
    program: ({ inputs, outputs }: TopicPrefixes, config: StreamsConfig): Program => {
      const builder = new StreamsBuilder();
      builder
        .table(`${inputs}players`, strings, { name: 'players', ...strings })
        .groupBy((player, team) => [team, player], strings)
        .count({ name: 'sizes', ...counts })
        .toStream((team) => `size of ${team}`)
        .to(`${outputs}standings`, counts);
      const goals = builder
        .stream(`${inputs}goals`, strings)
        .selectKey((_player, team) => team)
        .groupByKey(strings);
      goals
        .count({ name: 'goals', ...counts })
        .toStream((team) => `goals of ${team}`)
        .to(`${outputs}standings`, counts);
      goals
        .windowedBy(tumbling)
        .count({ name: 'recent', ...counts })
        .toStream()
        .to(`${outputs}standings`, windowedCounts);
      return builder.build(config);
    },
  },
  {
    name: 'headers',
    inputs: ['edits'],
    output: 'edited',
    settings: { 'dsl.store.format': 'HEADERS' },
    compared: 'latest',
    event: (pick: Pick, i: number): Happening => ({
      topic: 'edits',
      key: `document-${pick(40)}`,
      value: `${i}`,
      headers: { editor: `editor-${pick(5)}`, nth: `${i}` },
    }),
    program: ({ inputs, outputs }: TopicPrefixes, config: StreamsConfig): Program => {
      const builder = new StreamsBuilder();
      const edits = builder.stream(`${inputs}edits`, strings).groupByKey(strings);
      edits
        .reduce((_a, b) => b, { name: 'documents', ...strings })
        .toStream()
        .to(`${outputs}edited`, strings);
      edits
        .windowedBy(tumbling)
        .count({ name: 'busy', ...counts })
        .toStream()
        .to(`${outputs}edited`, windowedCounts);
      edits
        .windowedBy(SessionWindows.ofInactivityGapAndGrace('5s', '1m'))
        .count({ name: 'sittings', ...counts })
        .toStream()
        .to(`${outputs}edited`, sessionCounts);
      return builder.build(config);
    },
  },
  {
    name: 'processor',
    inputs: ['signals'],
    output: 'steps',
    compared: 'all',
    event: (pick: Pick, i: number): Happening => ({ topic: 'signals', key: `sensor-${pick(40)}`, value: `${i}` }),
    program: ({ inputs, outputs }: TopicPrefixes): Program => {
      const builder = new StreamsBuilder();
      builder.addStateStore(last);
      builder.addStateStore(seen);
      builder
        .stream(`${inputs}signals`, strings)
        .process(steps, { name: 'steps', stores: [last, seen] })
        .to(`${outputs}steps`, strings);
      return builder.build();
    },
  },
];

const last = Stores.timestampedKeyValueStore({ name: 'last', ...strings });
const seen = Stores.windowStore({ name: 'seen', ...strings, retention: '8h', windowSize: '10s' });

/** For each signal: the one before it of its key with its time, and how many there were in the ten seconds before. */
function steps() {
  let context: ProcessorContext<string, string>;
  return {
    init: (given: ProcessorContext<string, string>) => void (context = given),
    process: (signal: ProcessorRecord<string, string>) => {
      const [lasts, seens] = [context.getStateStore(last), context.getStateStore(seen)];
      const before = lasts.get(signal.key);
      lasts.put(signal.key, { value: signal.value, timestamp: signal.timestamp });
      seens.put(signal.key, signal.value, signal.timestamp);
      const recent = seens.fetchRange(signal.key, signal.timestamp - 10_000, signal.timestamp);
      const parts = [...recent].map(([time, value]) => ` ${time}=${value}`);
      const text = before === null ? 'none' : `${before.value}@${before.timestamp}`;
      context.forward(signal.withValue(text + parts.join('')));
    },
  };
}
