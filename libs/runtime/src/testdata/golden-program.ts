/** The steps of a golden case as a program of our DSL: only what the cases we run use of the case language. */
import {
  KGroupedTable,
  StreamsBuilder,
  TimeWindows,
  type KGroupedStream,
  type KStream,
  type KTable,
  type Materialized,
  type TimeWindowedKStream,
} from '@millrace/dsl';
import { Serdes, timeWindowed, type Serde } from '@millrace/serde';
import type { Program } from '@millrace/topology';

export interface Step {
  readonly op: string;
  readonly in?: string;
  readonly out?: string;
  readonly other?: string;
  readonly topic?: string;
  readonly name?: string;
  readonly key?: string;
  readonly value?: string;
  readonly fn?: string;
  readonly keyFn?: string;
  readonly valueFn?: string;
  readonly pred?: string;
  readonly sub?: string;
  readonly init?: string;
  readonly partitions?: number;
  readonly strategy?: 'onWindowClose' | 'onWindowUpdate';
  readonly window?: { readonly sizeMs: number; readonly advanceMs?: number; readonly graceMs?: number };
  readonly mat?: {
    readonly store?: string;
    readonly key?: string;
    readonly value?: string;
    readonly caching?: boolean;
    readonly logging?: boolean;
    readonly retentionMs?: number;
  };
}

type Stream = KStream<any, any>;
type Grouped = Pick<KGroupedStream<any, any>, 'count' | 'reduce' | 'aggregate'>;

const text = (value: unknown): string => (value === null ? 'null' : String(value));
const num = (value: unknown): number => (/^-?\d+$/.test(text(value)) ? Number(value) : text(value).length);

/** `name:argument` */
const split = (name: string | undefined): readonly [string, string] => {
  const [, head = '', argument = ''] = /^([^:]*):?(.*)$/s.exec(name ?? '') ?? [];
  return [head, argument];
};

const functions: Readonly<Record<string, (key: any, value: any, argument: string) => unknown>> = {
  value: (_key, value) => value,
  const: (_key, _value, argument) => argument,
  upper: (_key, value) => (value === null ? null : text(value).toUpperCase()),
  append: (_key, value, argument) => (value === null ? null : text(value) + argument),
  nullIf: (_key, value, argument) => (value === argument ? null : value),
  longLength: (_key, value) => (value === null ? null : text(value).length),
  firstChar: (_key, value) => (value === null ? null : text(value).slice(0, 1)),
};

const predicates: Readonly<Record<string, (value: any, argument: string) => boolean>> = {
  even: (value) => (value === null ? 0 : num(value)) % 2 === 0,
  gt: (value, argument) => (value === null ? 0 : num(value)) > Number(argument),
};

const aggregators: Readonly<Record<string, (key: any, value: any, aggregate: any) => any>> = {
  concat: (_key, value, aggregate) => (aggregate ?? '') + text(value),
  last: (_key, value) => value,
  sum: (_key, value, aggregate) => aggregate + value,
  sub: (_key, value, aggregate) => aggregate - value,
  'nullOn:del': (_key, value, aggregate) => (value === 'del' ? null : (aggregate ?? '') + text(value)),
};

const reducers: Readonly<Record<string, (aggregate: any, value: any) => any>> = {
  concat: (aggregate, value) => text(aggregate) + text(value),
  sum: (aggregate, value) => aggregate + value,
  'nullOn:del': (aggregate, value) => (value === 'del' ? null : text(aggregate) + text(value)),
};

const initials: Readonly<Record<string, unknown>> = { empty: '', zero: 0, null: null };

const steps: Readonly<Record<string, (at: any, step: Step, others: ReadonlyMap<string, any>) => unknown>> = {
  filter: (at: Stream, { pred }) => at.filter(predicateOf(pred)),
  filterNot: (at: Stream, { pred }) => at.filterNot(predicateOf(pred)),
  map: (at: Stream, { keyFn, valueFn }) => {
    const [ofKey, ofValue] = [functionOf(keyFn), functionOf(valueFn)];
    return at.map((key, value) => [ofKey(key, value), ofValue(key, value)]);
  },
  mapValues: (at: Stream, { fn }) => {
    const ofValue = functionOf(fn);
    return at.mapValues((value, key) => ofValue(key, value));
  },
  selectKey: (at: Stream, { fn }) => at.selectKey(functionOf(fn)),
  peek: (at: Stream) => at.peek(() => undefined),
  foreach: (at: Stream) => at.foreach(() => undefined),
  merge: (at: Stream, { other }, others) => at.merge(others.get(other ?? '')),
  repartition: (at: Stream, { name, key, value, partitions }) =>
    at.repartition({ ...serdes(key, value), ...(name ? { name } : {}), ...(partitions ? { partitions } : {}) }),
  toTable: (at: Stream, step) => at.toTable(materialized(step)),
  groupByKey: (at: Stream, { key, value }) => at.groupByKey(serdes(key, value)),
  groupBy: (at: Stream | KTable<any, any>, { fn, keyFn, valueFn, key, value }) => {
    if ('groupByKey' in at) return at.groupBy(functionOf(fn), serdes(key, value));
    const [ofKey, ofValue] = [functionOf(keyFn), functionOf(valueFn)];
    return at.groupBy((k, v) => [ofKey(k, v), ofValue(k, v)], serdes(key, value));
  },
  windowedBy: (at: KGroupedStream<any, any>, { window = { sizeMs: 0 } }) => {
    const windows = TimeWindows.ofSizeAndGrace(window.sizeMs, window.graceMs ?? 0);
    return at.windowedBy(window.advanceMs === undefined ? windows : windows.advanceBy(window.advanceMs));
  },
  emitStrategy: (at: TimeWindowedKStream<any, any>, { strategy = 'onWindowUpdate' }) => at.emitStrategy(strategy),
  count: (at: Grouped, step) => at.count(aggregateOptions(step) as never),
  reduce: (at: Grouped, step) => at.reduce(named(reducers, step.fn), aggregateOptions(step)),
  aggregate: (at: Grouped | KGroupedTable<any, any>, step) => {
    const initial = initials[step.init ?? ''] as any;
    const add = named(aggregators, step.fn);
    if (at instanceof KGroupedTable) return at.aggregate(() => initial, add, named(aggregators, step.sub), materialized(step));
    return at.aggregate(() => initial, add as never, aggregateOptions(step));
  },
  toStream: (at: KTable<any, any>) => at.toStream(),
  to: (at: Stream, { topic = '', key, value }) => at.to(topic, serdes(key, value)),
};

export function programOf(topology: readonly Step[]): Program {
  const builder = new StreamsBuilder();
  const made = new Map<string, any>();
  for (const step of topology) {
    const { op, topic = '', key, value } = step;
    const at = made.get(step.in ?? '');
    const result =
      op === 'stream'
        ? builder.stream(topic, serdes(key, value))
        : op === 'table'
          ? builder.table(topic, serdes(key, value), materialized(step))
          : named(steps, op)(at, step, made);
    if (step.out !== undefined) made.set(step.out, result);
  }
  return builder.build();
}

/** What the case language knows and we do not must not be taken for something else. */
function named<T>(known: Readonly<Record<string, T>>, name: string | undefined): T {
  const found = known[name ?? ''];
  if (found === undefined) throw new TypeError(`no '${name}' in the case language as far as it is here`);
  return found;
}

function functionOf(name: string | undefined): (key: any, value: any) => any {
  const [head, argument] = split(name);
  const found = named(functions, head);
  return (key, value) => found(key, value, argument);
}

function predicateOf(name: string | undefined): (key: any, value: any) => boolean {
  const [head, argument] = split(name);
  const found = named(predicates, head);
  return (_key, value) => found(value, argument);
}

function serdeOf(name: string | undefined): Serde<any> | undefined {
  const windowed = /^timeWindowed\((.+),(\d+)\)$/.exec(name ?? '');
  if (windowed !== null) return timeWindowed(serdeOf(windowed[1]) as Serde<any>, Number(windowed[2]));
  return name === undefined ? undefined : name === 'long' ? Serdes.long() : Serdes.string();
}

function serdes(key: string | undefined, value: string | undefined): { key?: Serde<any>; value?: Serde<any> } {
  const [keySerde, valueSerde] = [serdeOf(key), serdeOf(value)];
  return { ...(keySerde ? { key: keySerde } : {}), ...(valueSerde ? { value: valueSerde } : {}) };
}

function materialized({ mat }: Step): Materialized<any, any> {
  if (mat === undefined) return {};
  const { store, caching, logging, retentionMs } = mat;
  return {
    ...serdes(mat.key, mat.value),
    ...(store === undefined ? {} : { name: store }),
    ...(caching === undefined ? {} : { caching }),
    ...(logging === undefined ? {} : { logging }),
    ...(retentionMs === undefined ? {} : { retention: retentionMs }),
  };
}

/** Whether anything is said about the store decides the names of what comes after. */
function aggregateOptions(step: Step): Materialized<any, any> | undefined {
  return step.mat === undefined ? undefined : materialized(step);
}
