/** Sources that read by pattern: how they are described, which may share a source, and what is refused. */
import { describe, expect, test } from '@jest/globals';
import {
  describe as described,
  matchingTopics,
  withMatchedTopics,
  type Program,
  type SourceNode,
} from '@millrace/topology';
import { StreamsBuilder } from './streams-builder.ts';
import { Topology } from './topology.ts';

const sourcesOf = ({ topology }: Program): readonly SourceNode[] =>
  topology.nodes.filter((node) => node.kind === 'source');
const noWork = (): { process: () => void } => ({ process: () => undefined });

describe('a pattern', () => {
  test('is printed as the JVM prints it, whatever it matches', () => {
    const builder = new StreamsBuilder();
    builder.stream(/orders-\d+/i, { name: 'orders' }).to('all');
    const { topology } = builder.build();
    const text = `Topologies:
   Sub-topology: 0
    Source: orders (topics: orders-\\d+)
      --> KSTREAM-SINK-0000000001
    Sink: KSTREAM-SINK-0000000001 (topic: all)
      <-- orders

`;
    expect(described(topology)).toBe(text);
    expect(described(withMatchedTopics(topology, ['orders-1']))).toBe(text);
  });

  test('matches whole names, with its flags, and never topics of the application itself', () => {
    const builder = new StreamsBuilder();
    builder.stream(/a|b.*|APP-.*/gi).to('out');
    const names = ['a', 'A', 'ab', 'b1', 'app-counts-changelog', 'app-x-repartition', 'app-x', 'xa'];
    expect(matchingTopics(builder.build().topology, names, 'app')).toEqual(['A', 'a', 'app-x', 'b1']);
  });

  test('is one source for streams that read the same', () => {
    const builder = new StreamsBuilder();
    builder.stream(/x.*/).to('a');
    builder.stream(/x.*/).to('b');
    builder.stream(/x.*/i).to('c');
    const sources = sourcesOf(builder.build());
    expect(sources.map(({ pattern }) => pattern)).toEqual([
      { source: 'x.*', flags: '' },
      { source: 'x.*', flags: 'i' },
    ]);
  });

  test('has its topics, and they have its settings', () => {
    const program = new Topology()
      .addSource('in', /t.*/, { offsetReset: 'latest' })
      .addProcessor('p', noWork, { parents: 'in' })
      .build();
    const [source] = sourcesOf({ ...program, topology: withMatchedTopics(program.topology, ['t1', 't2', 'u']) });
    expect(source).toMatchObject({ topics: ['t1', 't2'], offsetReset: 'latest' });
  });
});

describe('is refused', () => {
  const overlap = expect.objectContaining({ code: 'MR_TOPOLOGY_PATTERN_OVERLAP' });
  const built = (build: (builder: StreamsBuilder) => void): (() => Program) => {
    const builder = new StreamsBuilder();
    build(builder);
    return () => builder.build();
  };

  test('a pattern that matches a topic of another source, whichever comes first', () => {
    expect(built((b) => (b.stream('orders-1'), b.stream(/orders-.*/)))).toThrow(overlap);
    expect(built((b) => (b.stream(/orders-.*/), b.stream('orders-1')))).toThrow(overlap);
    expect(built((b) => (b.stream(/orders-.*/), b.table('orders-1')))).toThrow(overlap);
    expect(built((b) => (b.stream(/orders-.*/), b.globalTable('orders-1')))).toThrow(overlap);
    const topology = new Topology().addSource('a', 'orders-1').addSource('b', /orders-.*/);
    expect(() => topology.build()).toThrow(overlap);
  });

  test('not one that takes in the topic of a global table from before it, nor one next to other names', () => {
    expect(built((b) => (b.globalTable('orders-1'), b.stream(/orders-.*/)))).not.toThrow();
    expect(built((b) => (b.stream(/orders-.*/), b.stream('order')))).not.toThrow();
  });

  test('a topic that two patterns match, once it is there', () => {
    const builder = new StreamsBuilder();
    builder.stream(/a.*/);
    builder.stream(/.*b/);
    const { topology } = builder.build();
    expect(withMatchedTopics(topology, ['a', 'b']).nodes).toHaveLength(2);
    expect(() => withMatchedTopics(topology, ['ab'])).toThrow(
      "The pattern /.*b/ matches the topic 'ab', which /a.*/ reads too.",
    );
  });

  test('a table, a global table and a store by pattern', () => {
    const builder = new StreamsBuilder();
    const argument = expect.objectContaining({ code: 'MR_TOPOLOGY_ARGUMENT' });
    expect(() => builder.table(/a/ as never)).toThrow(argument);
    expect(() => builder.globalTable(/a/ as never)).toThrow(argument);
  });

  test('the same pattern with another offset reset', () => {
    expect(
      built((b) => (b.stream(/a/, { offsetReset: 'latest' }), b.stream(/a/, { offsetReset: 'earliest' }))),
    ).toThrow(expect.objectContaining({ code: 'MR_TOPOLOGY_TOPIC_TWICE' }));
  });
});
