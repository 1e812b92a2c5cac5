/** Windows (testdata/jvm/.../Windows.java): what is late, what is merged, and what is sent when a window closes. */
import {
  Serdes,
  SessionWindows,
  sessionWindowed,
  SlidingWindows,
  StreamsBuilder,
  timeWindowed,
  TimeWindows,
  type Program,
} from 'millrace';
import { counts, strings, type Happening, type Pick, type Scenario, type TopicPrefixes } from './scenario.ts';

const size = '10s';
const windowedCounts = { key: timeWindowed(Serdes.string(), 10_000), value: Serdes.long() };
const sessionCounts = { key: sessionWindowed(Serdes.string()), value: Serdes.long() };
/**
 * Out of its cache the JVM library reads the first final results minute by minute, from 1970 on: that takes minutes. And it looks for them once a second:
 * what leaves the store within one is never sent, and here event time runs faster than the clock.
 */
const kept = { ...counts, caching: false, retention: '8h' } as const;

export const windowScenarios: readonly Scenario[] = [
  {
    name: 'windowed-count',
    inputs: ['posts'],
    output: 'words',
    compared: 'latest',
    event: (pick: Pick): Happening => ({ topic: 'posts', key: `user-${pick(200)}`, value: `word-${pick(30)}` }),
    program: ({ inputs, outputs }: TopicPrefixes): Program => {
      const builder = new StreamsBuilder();
      builder
        .stream(`${inputs}posts`, strings)
        .groupBy((_user, word) => word, { name: 'by-word', ...strings })
        .windowedBy(TimeWindows.ofSizeAndGrace(size, '2m'))
        .count({ name: 'words', ...counts })
        .toStream()
        .to(`${outputs}words`, windowedCounts);
      return builder.build();
    },
  },
  {
    name: 'suppress',
    inputs: ['visits'],
    output: 'closed',
    compared: 'all',
    pendingStore: 'closed-store',
    closedBy: 'visits',
    event: (pick: Pick): Happening => ({ topic: 'visits', key: `page-${pick(25)}`, value: 'seen' }),
    program: ({ inputs, outputs }: TopicPrefixes): Program => {
      const builder = new StreamsBuilder();
      builder
        .stream(`${inputs}visits`, strings)
        .groupByKey(strings)
        .windowedBy(TimeWindows.ofSizeAndGrace(size, '30s'))
        .count({ name: 'visits', ...counts })
        .suppress({ until: 'windowCloses', name: 'closed' })
        .toStream()
        .to(`${outputs}closed`, windowedCounts);
      return builder.build();
    },
  },
  {
    name: 'emit-on-close',
    inputs: ['hits'],
    output: 'final',
    compared: 'all',
    pendingStore: 'tumbling',
    progressOf: ['tumbling', 'sliding', 'sessions'],
    closedBy: 'hits',
    event: (pick: Pick): Happening => ({ topic: 'hits', key: `page-${pick(25)}`, value: 'seen' }),
    program: ({ inputs, outputs }: TopicPrefixes): Program => {
      const builder = new StreamsBuilder();
      const hits = builder.stream(`${inputs}hits`, strings).groupByKey(strings);
      hits
        .windowedBy(TimeWindows.ofSizeAndGrace(size, '5s'))
        .emitStrategy('onWindowClose')
        .count({ name: 'tumbling', ...kept })
        .toStream()
        .to(`${outputs}final`, windowedCounts);
      hits
        .windowedBy(SlidingWindows.ofTimeDifferenceAndGrace('3s', '5s'))
        .emitStrategy('onWindowClose')
        .count({ name: 'sliding', ...kept })
        .toStream()
        .to(`${outputs}final`, windowedCounts);
      hits
        .windowedBy(SessionWindows.ofInactivityGapAndGrace('3s', '5s'))
        .emitStrategy('onWindowClose')
        .count({ name: 'sessions', ...kept })
        .toStream()
        .to(`${outputs}final`, sessionCounts);
      return builder.build();
    },
  },
  {
    name: 'session-windows',
    inputs: ['clicks'],
    output: 'paths',
    compared: 'latest',
    // A user clicks every 4 s, and disorder joins sessions that were apart.
    event: (pick: Pick, i: number): Happening => ({ topic: 'clicks', key: `user-${pick(40)}`, value: `${i}` }),
    program: ({ inputs, outputs }: TopicPrefixes): Program => {
      const builder = new StreamsBuilder();
      builder
        .stream(`${inputs}clicks`, strings)
        .groupByKey(strings)
        .windowedBy(SessionWindows.ofInactivityGapAndGrace('5s', '1m'))
        .aggregate(
          () => '',
          (_key, value, path: string) => `${path},${value}`,
          (_key, a, b) => `${a}+${b}`,
          { name: 'paths', ...strings },
        )
        .toStream()
        .to(`${outputs}paths`, { key: sessionWindowed(Serdes.string()), value: Serdes.string() });
      return builder.build();
    },
  },
  {
    name: 'sliding-windows',
    inputs: ['readings'],
    output: 'slides',
    compared: 'latest',
    event: (pick: Pick, i: number): Happening => ({ topic: 'readings', key: `sensor-${pick(40)}`, value: `${i}` }),
    program: ({ inputs, outputs }: TopicPrefixes): Program => {
      const builder = new StreamsBuilder();
      builder
        .stream(`${inputs}readings`, strings)
        .groupByKey(strings)
        .windowedBy(SlidingWindows.ofTimeDifferenceAndGrace('5s', '1m'))
        .reduce((a, b) => `${a},${b}`, { name: 'slides', ...strings })
        .toStream()
        .to(`${outputs}slides`, { key: timeWindowed(Serdes.string(), 10_000), value: Serdes.string() });
      return builder.build();
    },
  },
];
