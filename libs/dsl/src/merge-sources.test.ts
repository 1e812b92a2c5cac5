import { describe, expect, test } from '@jest/globals';
import { describe as describeTopology } from '@millrace/topology';
import { StreamsBuilder } from './index.ts';

describe('streams of the same topics', () => {
  test('share the first source, whatever the order of the topics', () => {
    const builder = new StreamsBuilder();
    builder.stream(['a', 'b']).to('one');
    builder.stream(['b', 'a']).to('two');
    const { nodes } = builder.build().topology;
    expect(nodes.filter(({ kind }) => kind === 'source')).toHaveLength(1);
    expect(nodes.flatMap((node) => (node.kind === 'sink' ? node.parents : []))).toEqual([
      'KSTREAM-SOURCE-0000000000',
      'KSTREAM-SOURCE-0000000000',
    ]);
  });

  test.each([
    ['overlap only in part', (builder: StreamsBuilder) => [builder.stream(['a', 'b']), builder.stream('a')]],
    [
      'begin at different ends',
      (builder: StreamsBuilder) => [builder.stream('a', { offsetReset: 'latest' }), builder.stream('a')],
    ],
    ['are a table too', (builder: StreamsBuilder) => [builder.stream('a'), builder.table('a')]],
    ['are two tables', (builder: StreamsBuilder) => [builder.table('a'), builder.table('a')]],
  ])('are refused when they %s', (_what, make) => {
    const builder = new StreamsBuilder();
    make(builder);
    expect(() => builder.build()).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_TOPIC_TWICE' }));
  });
});

test('a topic that stands in a list twice is read once', () => {
  const builder = new StreamsBuilder();
  builder.stream(['b', 'a', 'b']);
  expect(describeTopology(builder.build().topology)).toContain('(topics: [a, b])');
});

describe('a split', () => {
  test('takes no branch after its end, and gives its branches by name', () => {
    const split = new StreamsBuilder().stream<string, number>('in').split({ name: 'size-' });
    const branches = split
      .branch((_key, value) => value < 10, { name: 'small' })
      .branch((_key, value) => value < 100)
      .branch((_key, value) => value < 1000, { name: 'given-away', consumer: () => undefined })
      .defaultBranch({ function: (rest) => rest.filter(() => true) });
    expect(Object.keys(branches).sort()).toEqual(['size-0', 'size-2', 'size-small']);
    expect(() => split.branch(() => true)).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_SPLIT_ENDED' }));
  });
});
