/** The topologies of testdata/jvm (Scenarios.java), written with Millrace, and what is known about each. */
import { JoinWindows, Serdes, StreamsBuilder, timeWindowed, TimeWindows, type Program } from 'millrace';

export type ScenarioName = 'windowed-count' | 'left-join' | 'suppress' | 'foreign-key-join';

/** Where a scenario reads and writes. */
export interface TopicPrefixes {
  readonly inputs: string;
  readonly outputs: string;
}

export interface Scenario {
  readonly name: ScenarioName;
  /** Without prefix. */
  readonly inputs: readonly string[];
  readonly output: string;
  readonly program: (prefixes: TopicPrefixes) => Program;
  /** `latest`: the last value of each key is determined; `all`: the whole output is, but for its order. */
  readonly compared: 'latest' | 'all';
  /** The store whose changelog holds what is not sent yet; null: everything is sent at once. */
  readonly pendingStore: string | null;
  /** Event time goes on at the end in this input, so that all windows close. Results of the right side alone are never sent. */
  readonly closedBy: string | null;
}

const strings = { key: Serdes.string(), value: Serdes.string() };
const counts = { key: Serdes.string(), value: Serdes.long() };
const size = '10s';
const windowedCounts = { key: timeWindowed(Serdes.string(), 10_000), value: Serdes.long() };

export const scenarios: readonly Scenario[] = [
  {
    name: 'windowed-count',
    inputs: ['posts'],
    output: 'words',
    compared: 'latest',
    pendingStore: null,
    closedBy: null,
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
    name: 'left-join',
    inputs: ['offers', 'answers'],
    output: 'answered',
    compared: 'all',
    pendingStore: 'answered-left-shared-join-store',
    closedBy: 'answers',
    program: ({ inputs, outputs }: TopicPrefixes): Program => {
      const builder = new StreamsBuilder();
      const answers = `${inputs}answers`;
      const offers = builder.stream(`${inputs}offers`, strings);
      offers
        .leftJoin(
          builder.stream(answers, strings),
          (offer, answer) => `${offer}|${answer}`,
          JoinWindows.ofTimeDifferenceAndGrace('20s', '60s'),
          { name: 'answered', storeName: 'answered', ...strings, otherValue: Serdes.string() },
        )
        .to(`${outputs}answered`, strings);
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
    name: 'foreign-key-join',
    inputs: ['orders', 'customers'],
    output: 'shipped',
    compared: 'latest',
    pendingStore: null,
    closedBy: null,
    program: ({ inputs, outputs }: TopicPrefixes): Program => {
      const builder = new StreamsBuilder();
      const orders = builder.table(`${inputs}orders`, strings);
      const customers = builder.table(`${inputs}customers`, strings);
      orders
        .joinOnForeignKey(
          customers,
          (order) => order.split(':')[0] ?? null,
          (order, customer) => `${order}@${customer}`,
          { name: 'by-customer' },
          { name: 'shipped', ...strings },
        )
        .toStream()
        .to(`${outputs}shipped`, strings);
      return builder.build();
    },
  },
];

/** The scenario of a name. Throws for one that there is not. */
export function scenarioOf(name: string): Scenario {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no scenario ${name}`);
  return found;
}
