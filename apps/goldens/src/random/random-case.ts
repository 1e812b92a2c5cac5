/** Random cases of a family: the same family and seed give the same case. What Kafka Streams makes of one is still to be recorded. */
import { aggregated, cogrouped, grouped, type WindowType } from './aggregation-steps.ts';
import { Draw } from './draw.ts';
import { isWindowed } from './functions.ts';
import { inputsOf, type Input } from './inputs.ts';
import { globalLookup, streamJoin, tableLookup } from './join-steps.ts';
import { Plan, type Fields, type Flow } from './plan.ts';
import { process, topology } from './process-steps.ts';
import { merge, rekeyed, repartition, sink, split, stateless, stream, toTable, topicOf } from './stream-steps.ts';
import { derived, foreignKeyJoin, groupedTable, suppress, table, tableJoin, toStream } from './table-steps.ts';
import { versioned } from './versioned-steps.ts';

const text = { key: 'string', value: 'string' };
const windowTypes: readonly WindowType[] = ['tumbling', 'hopping', 'sliding', 'session'];

/** What a family starts with; the rest of a case is drawn from all of them. */
const families: Readonly<Record<string, (plan: Plan) => Flow[]>> = {
  aggregate: (plan) => [aggregated(plan, grouped(plan, stream(plan)))],
  cogroup: (plan) => {
    const groups = Array.from({ length: plan.draw.between(1, 3) }, () => keyedGroup(plan));
    return [cogrouped(plan, groups, plan.draw.chance(50) ? plan.draw.of(windowTypes) : undefined)];
  },
  'emit-final': (plan) => [
    aggregated(plan, grouped(plan, stream(plan)), plan.draw.chance(3) ? 'unlimited' : plan.draw.of(windowTypes), true),
  ],
  'fk-join': (plan) => {
    if (plan.draw.chance(80)) return [foreignKeyJoin(plan, table(plan, text), table(plan, text))];
    const byNumber = { key: 'long', value: plan.draw.of(['string', 'long']) };
    return [foreignKeyJoin(plan, table(plan, { key: 'string', value: 'long' }), table(plan, byNumber))];
  },
  hopping: (plan) => [aggregated(plan, grouped(plan, stream(plan)), 'hopping')],
  process: (plan) => [process(plan, stream(plan, text))],
  repartition: (plan) => {
    const from = repartition(plan, stateless(plan, stream(plan)));
    return plan.draw.chance(50) ? [from] : [from, aggregated(plan, grouped(plan, rekeyed(plan, from)))];
  },
  session: (plan) => [aggregated(plan, grouped(plan, stream(plan)), 'session')],
  sliding: (plan) => [aggregated(plan, grouped(plan, stream(plan)), 'sliding')],
  stateless: (plan) => {
    const from = stateless(plan, stateless(plan, stream(plan)));
    if (plan.draw.chance(30)) return split(plan, from);
    return plan.draw.chance(25) ? [merge(plan, from, from)] : [from];
  },
  'stream-global': (plan) => [globalLookup(plan, stream(plan), global(plan))],
  'stream-stream': (plan) => {
    const from = stream(plan, text);
    return [streamJoin(plan, from, plan.draw.chance(15) ? from : stream(plan, text))];
  },
  'stream-table': (plan) => [tableLookup(plan, stream(plan, text), table(plan, text))],
  suppress: (plan) => {
    if (plan.draw.chance(40))
      return [
        suppress(plan, plan.draw.chance(60) ? table(plan) : aggregated(plan, grouped(plan, stream(plan))), false),
      ];
    const from = aggregated(plan, grouped(plan, stream(plan)), plan.draw.of(windowTypes));
    return [suppress(plan, from, plan.draw.chance(70))];
  },
  table: (plan) => [derived(plan, derived(plan, table(plan)))],
  'table-groupby': (plan) => [groupedTable(plan, table(plan))],
  'table-table': (plan) => {
    if (plan.draw.chance(85)) return [tableJoin(plan, table(plan, text), table(plan, text))];
    const key = plan.draw.of(['string', 'long']);
    const side = (): Flow => table(plan, { key, value: plan.draw.of(['string', 'long']) });
    return [tableJoin(plan, side(), side())];
  },
  tumbling: (plan) => [aggregated(plan, grouped(plan, stream(plan)), plan.draw.chance(92) ? 'tumbling' : 'unlimited')],
  mixture: (plan) => [
    plan.draw.chance(50) ? stream(plan) : table(plan),
    plan.draw.chance(50) ? stream(plan) : table(plan),
  ],
};

/** A family's seeds depend on its place here: a new one goes to the end. */
export const familyNames: readonly string[] = [...Object.keys(families), 'cache', 'naming', 'topology', 'versioned'];

function keyedGroup(plan: Plan): Flow {
  const group = grouped(plan, stream(plan, text));
  return group;
}

function global(plan: Plan): Flow {
  const out = plan.fresh('f');
  const store = plan.fresh('st');
  const mat = plan.draw.maybe(40, () => ({ mat: { store, ...plan.serdes(text, 15) } }));
  if ('mat' in mat) plan.lookups.push({ store, isGlobal: true });
  plan.step('globalTable', { topic: topicOf(plan), out, ...plan.serdes(text, 15), ...plan.named(10), ...mat });
  return { ref: out, kind: 'global', ...text };
}

const isText = ({ key, value }: Flow): boolean => key === 'string' && value === 'string';

/** One more step from a stream or table: of any kind that its types allow. */
function onward(plan: Plan, from: Flow, all: readonly Flow[]): Flow[] {
  const { draw } = plan;
  const alike = all.filter((other) => other.key === from.key && other.ref !== from.ref);
  if (from.kind === 'table') return onwardTable(plan, from, alike);
  const same = alike.filter((other) => other.kind === 'stream' && other.value === from.value);
  const choice = draw.of([
    'stateless',
    'stateless',
    'split',
    'merge',
    'join',
    'lookup',
    'group',
    'window',
    'toTable',
    'process',
    'global',
    'rekey',
  ]);
  if (choice === 'split') return split(plan, from);
  if (choice === 'merge' && same.length > 0) return [merge(plan, from, draw.of(same))];
  if (choice === 'group') return [aggregated(plan, grouped(plan, from))];
  if (choice === 'window' && !isWindowed(from.key))
    return [aggregated(plan, grouped(plan, from), draw.of(windowTypes), draw.chance(15))];
  if (choice === 'toTable') return [toTable(plan, from)];
  if (choice === 'process' && isText(from)) return [process(plan, from)];
  if (choice === 'rekey') return [rekeyed(plan, from)];
  if (choice === 'global' && isText(from) && draw.chance(40)) return [globalLookup(plan, from, global(plan))];
  const streams = alike.filter(({ kind }) => kind === 'stream');
  if (choice === 'join' && streams.length > 0 && !isWindowed(from.key))
    return [streamJoin(plan, from, draw.of(streams))];
  const tables = alike.filter(({ kind }) => kind === 'table');
  if (choice === 'lookup' && tables.length > 0 && !isWindowed(from.key))
    return [tableLookup(plan, from, draw.of(tables))];
  return [stateless(plan, from)];
}

function onwardTable(plan: Plan, from: Flow, alike: readonly Flow[]): Flow[] {
  const { draw } = plan;
  const tables = alike.filter(({ kind }) => kind === 'table');
  const choice = draw.of(['derive', 'toStream', 'toStream', 'group', 'join', 'foreign', 'suppress']);
  if (choice === 'toStream') return [toStream(plan, from)];
  if (choice === 'group') return [groupedTable(plan, from)];
  if (choice === 'suppress') return [suppress(plan, from, isWindowed(from.key) && draw.chance(50))];
  if (choice === 'join' && tables.length > 0) return [tableJoin(plan, from, draw.of(tables))];
  if (choice === 'foreign' && isText(from)) return [foreignKeyJoin(plan, from, table(plan, text))];
  return [derived(plan, from)];
}

/** Grows what is there by some steps, then writes all of it to topics. */
function grown(plan: Plan, from: readonly Flow[], steps: number): void {
  const all = [...from];
  const open = new Set(all);
  for (let i = 0; i < steps && all.length > 0; i++) {
    const flow = plan.draw.of(all);
    open.delete(flow);
    for (const made of onward(plan, flow, all)) {
      all.push(made);
      open.add(made);
    }
  }
  for (const flow of open) {
    if (flow.kind === 'global') continue;
    sink(plan, flow.kind === 'table' ? toStream(plan, flow) : flow);
  }
}

function configOf(draw: Draw, isManual: boolean): Fields {
  return {
    // What an open transaction holds back is not handed over: only where each record is committed can a case tell.
    ...draw.maybe(isManual ? 0 : 12, () => ({ 'processing.guarantee': 'exactly_once_v2' })),
    ...draw.maybe(12, () => ({
      'dsl.store.suppliers.class': 'org.apache.kafka.streams.state.BuiltInDslStoreSuppliers$InMemoryDslStoreSuppliers',
    })),
    ...draw.maybe(30, () => ({ 'statestore.cache.max.bytes': '0' })),
    ...draw.maybe(10, () => ({ 'dsl.store.format': 'HEADERS' })),
    ...draw.maybe(15, () => ({
      'topology.optimization': draw.of([
        'all',
        'all',
        'merge.repartition.topics',
        'reuse.ktable.source.topics',
        'single.store.self.join',
        'none',
      ]),
    })),
    ...draw.maybe(5, () => ({ 'max.task.idle.ms': draw.of(['5', '100']) })),
    ...draw.maybe(4, () => ({ 'application.id': 'other.app_1' })),
    ...draw.maybe(4, () => ({ '__emit.interval.ms.kstreams.windowed.aggregation__': '1000' })),
    ...draw.maybe(4, () => ({ '__emit.interval.ms.kstreams.outer.join.spurious.results.fix__': '1000' })),
    ...draw.maybe(3, () => ({ 'upgrade.from': '3.4' })),
    ...draw.maybe(3, () => ({ 'topic.segment.bytes': '1000000' })),
    ...draw.maybe(6, () => ({
      'deserialization.exception.handler': 'org.apache.kafka.streams.errors.LogAndContinueExceptionHandler',
      'errors.dead.letter.queue.topic.name': 'dlq',
    })),
    ...draw.maybe(6, () => ({
      'processing.exception.handler': 'org.apache.kafka.streams.errors.LogAndContinueProcessingExceptionHandler',
    })),
  };
}

export interface RandomCase {
  readonly name: string;
  readonly family: string;
  readonly about: string;
  readonly api?: 'processor';
  readonly config?: Fields;
  readonly commit?: 'manual';
  readonly topics?: Plan['topics'];
  readonly topology: Plan['steps'];
  readonly inputs: readonly Input[];
}

export function randomCase(family: string, seed: number): RandomCase {
  const draw = new Draw(seed * 1000 + familyNames.indexOf(family));
  const plan = new Plan(draw);
  const isApi = family === 'topology';
  if (family === 'naming') plan.badNames = 4;
  if (isApi) topology(plan);
  else {
    const kind = family === 'cache' || family === 'naming' ? draw.of(Object.keys(families)) : family;
    const start = kind === 'versioned' ? versioned : families[kind];
    if (start === undefined) throw new Error(`there is no family ${family}; they are ${familyNames.join(', ')}`);
    grown(plan, start(plan), kind === 'mixture' ? draw.between(3, 8) : draw.of([0, 0, 0, 1, 1, 2, 3]));
  }
  const isManual = family === 'cache' || draw.chance(10);
  const config = configOf(draw, isManual);
  const count = family === 'naming' ? 0 : draw.of([6, 12, 12, 20, 20, 40]);
  return {
    name: `random-${family}-${seed}`,
    family,
    about: `drawn with the seed ${seed}`,
    ...(isApi ? { api: 'processor' } : {}),
    ...(Object.keys(config).length > 0 ? { config } : {}),
    ...(isManual ? { commit: 'manual' } : {}),
    ...(Object.keys(plan.topics).length > 0 ? { topics: plan.topics } : {}),
    topology: plan.steps,
    inputs: inputsOf(plan, { isManual, count, isNegative: draw.chance(4) }),
  };
}
