import { expect, test } from '@jest/globals';
import type { InternalTopic } from '@millrace/topology';
import { topicFindings, type TopicFacts } from './topic-findings.ts';

const counts: InternalTopic = {
  kind: 'changelog',
  name: 'app-counts-changelog',
  partitions: 3,
  configs: { 'cleanup.policy': 'compact,delete', 'retention.ms': '86410000' },
};
const table: InternalTopic = {
  kind: 'changelog',
  name: 'app-table-changelog',
  partitions: 3,
  configs: { 'cleanup.policy': 'compact' },
};
const byWord: InternalTopic = {
  kind: 'repartition',
  name: 'app-by-word-repartition',
  partitions: 3,
  configs: { 'cleanup.policy': 'delete', 'retention.ms': '-1' },
};
const wanted = [counts, table, byWord];

function facts(changes: Partial<TopicFacts> = {}): TopicFacts {
  return {
    applicationId: 'app',
    wanted,
    found: new Map(wanted.map(({ name, partitions }) => [name, partitions])),
    settings: new Map(wanted.map(({ name, configs }) => [name, new Map(Object.entries(configs))])),
    hasRun: true,
    bootstrapServers: 'kafka:9092',
    ...changes,
  };
}

const withSettings = (name: string, changed: Readonly<Record<string, string>>): TopicFacts => {
  const { settings } = facts();
  return facts({
    settings: new Map([...settings, [name, new Map([...(settings.get(name) ?? []), ...Object.entries(changed)])]]),
  });
};

const faultsOf = (given: TopicFacts) => topicFindings(given).filter(({ verdict }) => verdict !== 'fits');

test('topics as the JVM library makes them fit, and so do those that keep more', () => {
  expect(topicFindings(facts()).map(({ verdict }) => verdict)).toEqual(['fits', 'fits', 'fits']);
  expect(faultsOf(withSettings(counts.name, { 'retention.ms': '-1', 'cleanup.policy': 'delete,compact' }))).toEqual([]);
});

test('a topic that is missing is state lost when the application has run, else it is made', () => {
  const found = new Map([...facts().found].filter(([name]) => name !== counts.name));
  expect(faultsOf(facts({ found }))).toMatchObject([
    {
      verdict: 'differs',
      text: expect.stringContaining(counts.name),
      remedy: expect.stringContaining('Materialized.as'),
    },
  ]);
  expect(faultsOf(facts({ found, hasRun: false }))).toMatchObject([{ verdict: 'note' }]);
  const without = new Map([...facts().found].filter(([name]) => name !== byWord.name));
  expect(faultsOf(facts({ found: without }))).toMatchObject([{ remedy: expect.stringContaining('does not send') }]);
});

test('another number of partitions', () => {
  const found = new Map([...facts().found, [byWord.name, 4]]);
  expect(faultsOf(facts({ found }))).toMatchObject([
    { verdict: 'differs', text: 'app-by-word-repartition has 4 partitions; this topology needs 3.' },
  ]);
});

test.each([
  [table.name, { 'cleanup.policy': 'compact,delete' }, 'differs', /--add-config 'cleanup.policy=compact'/],
  [byWord.name, { 'cleanup.policy': 'compact' }, 'differs', /cleanup.policy=delete,retention.ms=-1/],
  [
    counts.name,
    { 'retention.ms': '1000' },
    'note',
    /--entity-name app-counts-changelog --add-config 'retention.ms=86410000'/,
  ],
  [counts.name, { 'cleanup.policy': 'compact' }, 'note', /cleanup.policy=\[compact,delete\]/],
])('%s with %j', (name, changed, verdict, remedy) => {
  expect(faultsOf(withSettings(name, changed))).toMatchObject([{ verdict, remedy: expect.stringMatching(remedy) }]);
});

test('internal topics that the topology does not use are told, other topics are not', () => {
  const names = ['app-old-changelog', 'app-j-subscription-registration-topic', 'app-orders', 'appendix-changelog'];
  const found = new Map([...facts().found, ...names.map((name) => [name, 3] as const)]);
  expect(faultsOf(facts({ found })).map(({ text }) => text.split(' ')[0])).toEqual(names.slice(0, 2));
  expect(topicFindings(facts({ wanted: [], found: new Map() }))).toMatchObject([{ verdict: 'fits' }]);
});
