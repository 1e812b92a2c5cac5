/** Processors with their stores, in streams and in topologies made node by node. */
import type { Draw } from './draw.ts';
import type { Fields, Flow, Plan } from './plan.ts';
import { topicOf } from './stream-steps.ts';

interface Drawn {
  readonly processor: string;
  readonly args?: Fields;
  readonly store?: Fields;
  /** Whether it forwards keys and values that are text, or what it was given. */
  readonly gives: 'text' | 'same';
}

function store(draw: Draw, name: string, kind: string, supplier: Fields, value = 'string'): Fields {
  return {
    kind,
    supplier: { ...supplier, name },
    key: 'string',
    value,
    ...draw.maybe(30, () => ({ caching: draw.chance(60) })),
    ...draw.maybe(12, () => ({ logging: draw.of([false, true, { 'segment.ms': '700' }]) })),
  };
}

const keyValue = (draw: Draw): Fields => ({ kind: draw.of(['inMemoryKeyValue', 'persistentKeyValue']) });

function planned(draw: Draw): Fields {
  return {
    ...draw.maybe(90, () => ({ punctuation: draw.of(['streamTime', 'wallClock']) })),
    ...draw.maybe(80, () => ({ intervalMs: draw.of([1, 5, 7, 10, 15, 25]) })),
    ...draw.maybe(25, () => ({ startMs: draw.between(0, 30) })),
    ...draw.maybe(20, () => ({ cancelAfter: draw.between(1, 4) })),
  };
}

type Make = (draw: Draw, name: string) => Drawn;

/** Processors for text keys and values. */
const processors: Readonly<Record<string, Make>> = {
  forward: () => ({ processor: 'forward', gives: 'same' }),
  contextInfo: () => ({ processor: 'contextInfo', gives: 'text' }),
  setTimestamp: () => ({ processor: 'setTimestamp', gives: 'same' }),
  rekey: () => ({ processor: 'rekey', gives: 'text' }),
  setHeader: (draw) => ({
    processor: 'setHeader',
    args: draw.maybe(70, () => ({ header: draw.of(['x', 'h']), headerValue: 7 })),
    gives: 'same',
  }),
  mutateHeader: (draw) => ({
    processor: 'mutateHeader',
    args: draw.maybe(70, () => ({ header: draw.of(['y', 'h']), headerValue: 'é' })),
    gives: 'same',
  }),
  dedupTtl: (draw, name) => ({
    processor: 'dedupTtl',
    args: { store: name, ...draw.maybe(60, () => ({ ttlMs: draw.of([0, 5, 20]) })) },
    store: store(draw, name, 'keyValue', keyValue(draw), 'long'),
    gives: 'same',
  }),
  bufferEmit: (draw, name) => ({
    processor: 'bufferEmit',
    args: { store: name, ...planned(draw), ...draw.maybe(30, () => ({ clear: draw.chance(50) })) },
    store: store(draw, name, 'keyValue', keyValue(draw)),
    gives: 'same',
  }),
  punctuate: (draw) => ({
    processor: 'punctuate',
    args: {
      ...planned(draw),
      ...draw.maybe(30, () => ({ label: 'L', key: 'k' })),
      ...draw.maybe(60, () => ({ forward: draw.chance(70) })),
    },
    gives: 'text',
  }),
  windowWriter: (draw, name) => ({
    processor: 'windowWriter',
    args: { store: name, ...draw.maybe(60, () => ({ lookbackMs: draw.of([0, 5, 20, 200]) })) },
    store: store(draw, name, draw.of(['window', 'window']), {
      kind: draw.of(['inMemoryWindow', 'persistentWindow']),
      retentionMs: draw.of([20, 50, 100]),
      windowMs: draw.of([5, 10]),
      ...draw.maybe(25, () => ({ retainDuplicates: true })),
    }),
    gives: 'text',
  }),
  sessionWriter: (draw, name) => ({
    processor: 'sessionWriter',
    args: { store: name, ...draw.maybe(60, () => ({ lengthMs: draw.of([0, 3, 10]) })) },
    store: store(draw, name, 'session', {
      kind: draw.of(['inMemorySession', 'persistentSession']),
      retentionMs: draw.of([20, 50, 100]),
    }),
    gives: 'text',
  }),
  timestampedWriter: (draw, name) => ({
    processor: 'timestampedWriter',
    args: { store: name },
    store: store(draw, name, 'timestampedKeyValue', {
      kind: draw.of(['inMemoryKeyValue', 'persistentKeyValue', 'persistentTimestampedKeyValue']),
    }),
    gives: 'text',
  }),
  range: (draw, name) => ({
    processor: 'range',
    args: {
      store: name,
      ...draw.of([
        {},
        { from: 'a' },
        { to: 'b' },
        { from: 'a', to: 'c' },
        { from: 'a', to: 'k', reverse: true },
        { reverse: 'true' },
        { prefix: 'a' },
        { from: 'c', to: 'a' },
      ]),
    },
    store: store(draw, name, 'keyValue', keyValue(draw)),
    gives: 'text',
  }),
  putIfAbsent: (draw, name) => ({
    processor: 'putIfAbsent',
    args: { store: name },
    store: store(draw, name, 'keyValue', keyValue(draw)),
    gives: 'text',
  }),
  versionedWriter: (draw, name) => ({
    processor: 'versionedWriter',
    args: { store: name },
    store: store(draw, name, 'versioned', {
      kind: 'versioned',
      historyMs: draw.of([10, 30, 50, 100]),
      ...draw.maybe(30, () => ({ segmentMs: draw.of([2, 5, 20]) })),
    }),
    gives: 'text',
  }),
};

function drawn(plan: Plan, names: readonly string[]): Drawn {
  const make = processors[plan.draw.of(names)] as Make;
  const one = make(plan.draw, plan.fresh('s'));
  if (one.args?.['punctuation'] === 'wallClock') plan.waits = true;
  return one;
}

const withoutVersions = Object.keys(processors).filter((name) => name !== 'versionedWriter');

function lookedUp(plan: Plan, from: Flow): Flow {
  const { store, isGlobal } = plan.draw.of(plan.lookups);
  const fields = { processor: 'tableLookup', args: { store }, ...(isGlobal ? {} : { stores: [store] }) };
  const made = { key: 'string', value: 'string', keySerde: undefined, valueSerde: undefined };
  return plan.grow('process', from, { ...fields, ...plan.named(15) }, made);
}

/** A processor in a stream of texts. */
export function process(plan: Plan, from: Flow, names: readonly string[] = withoutVersions): Flow {
  if (plan.lookups.length > 0 && plan.draw.chance(40)) return lookedUp(plan, from);
  const { processor, args, store: needed } = drawn(plan, names);
  const stores: string[] = [];
  if (needed !== undefined) {
    plan.step('addStateStore', needed);
    stores.push((needed['supplier'] as { name: string }).name);
  }
  const connected = stores.length > 0 || plan.draw.chance(50) ? { stores } : {};
  return plan.grow(
    'process',
    from,
    { processor, ...(args === undefined ? {} : { args }), ...connected, ...plan.named(15) },
    { key: 'string', value: 'string', keySerde: undefined, valueSerde: undefined },
  );
}

/** A topology of the Processor API: sources, processors that share a store or route, and sinks. */
export function topology(plan: Plan): void {
  const { draw } = plan;
  const sources = Array.from({ length: draw.between(1, 3) }, () => source(plan));
  const nodes = [...sources];
  for (let i = draw.between(1, 4); i > 0; i--) nodes.push(processorNode(plan, nodes));
  if (draw.chance(25)) sharedStore(plan, nodes);
  if (draw.chance(20)) globalStore(plan);
  if (draw.chance(15)) readOnlyStore(plan, nodes);
  const sinks = Array.from({ length: draw.between(1, 3) }, () => sinkNode(plan, nodes));
  if (draw.chance(25)) routed(plan, nodes, sinks);
}

const parentsOf = (draw: Draw, nodes: readonly string[]): string[] => [
  ...new Set(Array.from({ length: draw.chance(25) ? 2 : 1 }, () => draw.of(nodes))),
];

function source(plan: Plan): string {
  const { draw } = plan;
  const name = plan.fresh('src');
  const topics = Array.from({ length: draw.chance(15) ? 2 : 1 }, () => topicOf(plan));
  const extractor = draw.maybe(8, () => ({ extractor: draw.of(['logAndSkip', 'usePartitionTime', 'valueField:1']) }));
  plan.step('addSource', { name, topics, ...draw.maybe(60, () => ({ key: 'string', value: 'string' })), ...extractor });
  return name;
}

function processorNode(plan: Plan, nodes: readonly string[]): string {
  const { processor, args, store: needed } = drawn(plan, withoutVersions);
  const name = plan.fresh('p');
  plan.step('addProcessor', {
    name,
    processor,
    ...(args === undefined ? {} : { args }),
    parents: parentsOf(plan.draw, nodes),
  });
  if (needed !== undefined) plan.step('addStateStore', { ...needed, processors: [name] });
  return name;
}

/** One store for two processors, one of them connected later. */
function sharedStore(plan: Plan, nodes: string[]): void {
  const { draw } = plan;
  const name = plan.fresh('kv');
  const pair = [plan.fresh('p'), plan.fresh('p')] as const;
  for (const processor of pair)
    plan.step('addProcessor', {
      name: processor,
      processor: draw.of(['putIfAbsent', 'range']),
      args: { store: name },
      parents: [draw.of(nodes)],
    });
  plan.step('addStateStore', { ...store(draw, name, 'keyValue', keyValue(draw)), processors: [pair[0]] });
  plan.step('connect', { name: pair[1], stores: [name] });
  nodes.push(...pair);
}

function globalStore(plan: Plan): void {
  const { draw } = plan;
  const name = plan.fresh('gs');
  plan.step('addGlobalStore', {
    ...store(draw, name, 'keyValue', keyValue(draw)),
    logging: false,
    source: plan.fresh('gsrc'),
    topic: topicOf(plan),
    processorName: plan.fresh('gp'),
    processor: 'globalPut',
    args: { store: name, ...draw.maybe(40, () => ({ prefix: 'q' })) },
  });
}

/** A topic as a table that processors read. */
function readOnlyStore(plan: Plan, nodes: string[]): void {
  const { draw } = plan;
  const name = plan.fresh('ro');
  plan.step('addReadOnlyStateStore', {
    ...store(draw, name, 'timestampedKeyValue', {
      kind: draw.of(['inMemoryKeyValue', 'persistentKeyValue', 'persistentTimestampedKeyValue']),
    }),
    source: plan.fresh('rsrc'),
    topic: topicOf(plan),
    processorName: plan.fresh('rp'),
    processor: 'timestampedWriter',
    args: { store: name },
  });
  const reader = plan.fresh('p');
  plan.step('addProcessor', {
    name: reader,
    processor: 'tableLookup',
    args: { store: name },
    parents: [draw.of(nodes)],
  });
  plan.step('connect', { name: reader, stores: [name] });
  nodes.push(reader);
}

function sinkNode(plan: Plan, nodes: readonly string[]): string {
  const { draw } = plan;
  const name = plan.fresh('k');
  plan.step('addSink', {
    name,
    ...(draw.chance(12)
      ? { topicFn: draw.of(['keyPrefix:o-', 'firstChar:o-', 'header:h', 'sourceTopic:o-']) }
      : { topic: plan.fresh('o') }),
    ...draw.maybe(60, () => ({ key: 'string', value: 'string' })),
    ...draw.maybe(8, () => ({ partitioner: draw.of(['const:0', 'default', 'drop', 'multi:0,2', 'const:3']) })),
    parents: parentsOf(draw, nodes),
  });
  return name;
}

/** A processor that forwards to one of two sinks of its own. */
function routed(plan: Plan, nodes: readonly string[], sinks: string[]): void {
  const name = plan.fresh('p');
  const [first, second] = [plan.fresh('k'), plan.fresh('k')];
  plan.step('addProcessor', { name, processor: 'routeChild', args: { first, second }, parents: [plan.draw.of(nodes)] });
  for (const sink of [first, second]) plan.step('addSink', { name: sink, topic: plan.fresh('o'), parents: [name] });
  sinks.push(first, second);
}
