/** Sources, stateless steps of streams, and sinks. */
import { isWindowed, keyFn, predicate, valueFn } from './functions.ts';
import { materialized } from './materialized.ts';
import type { Fields, Flow, Plan, Type } from './plan.ts';

/** A new topic with keys and values of some types. */
export function topicOf(plan: Plan, key: Type = 'string', value: Type = 'string'): string {
  const topic = plan.fresh('t');
  if (key !== 'string' || value !== 'string') plan.topics[topic] = [key, value];
  plan.fed.push(topic);
  return topic;
}

const types = (plan: Plan): { readonly key: Type; readonly value: Type } => ({
  key: plan.draw.chance(6) ? 'long' : 'string',
  value: plan.draw.chance(12) ? plan.draw.of(['long', 'long', 'int']) : 'string',
});

export interface SourceTypes {
  readonly key: Type;
  readonly value: Type;
}

export function stream(plan: Plan, { key, value }: SourceTypes = types(plan)): Flow {
  const { draw } = plan;
  const out = plan.fresh('f');
  const topics = draw.chance(6)
    ? { topics: [topicOf(plan, key, value), topicOf(plan, key, value)] }
    : { topic: topicOf(plan, key, value) };
  if ('topic' in topics && value !== 'string' && draw.chance(25)) {
    plan.topics[topics.topic] = [key, 'string'];
    plan.poisoned.add(topics.topic);
  }
  const serdes = plan.serdes({ key, value }, 15);
  const extractor = draw.maybe(6, () => ({
    extractor: draw.of(['logAndSkip', 'usePartitionTime', 'valueField:1', 'valueFieldOrPartition:1', 'failOnInvalid']),
  }));
  const reset = draw.maybe(3, () => ({ reset: draw.of(['earliest', 'latest', 'none']) }));
  plan.step('stream', { ...topics, out, ...serdes, ...extractor, ...reset, ...plan.named(8) });
  return { ref: out, kind: 'stream', key, value, keySerde: serdes['key'] as Type, valueSerde: serdes['value'] as Type };
}

/** A step of a stream that gives one stream. */
export function stateless(plan: Plan, from: Flow): Flow {
  const { draw } = plan;
  const named = plan.named(10);
  switch (
    draw.of([
      'filter',
      'filterNot',
      'map',
      'mapValues',
      'mapValues',
      'flatMap',
      'flatMapValues',
      'selectKey',
      'peek',
      'values',
      'repartition',
    ])
  ) {
    case 'filter':
      return plan.grow('filter', from, { pred: predicate(draw), ...named });
    case 'filterNot':
      return plan.grow('filterNot', from, { pred: predicate(draw), ...named });
    case 'map': {
      const [key, value] = [keyFn(draw, from.key, from.value), valueFn(draw, from.value)];
      return plan.grow(
        'map',
        from,
        { keyFn: key.fn, valueFn: value.fn, ...named },
        { key: key.type, value: value.type, keySerde: undefined, valueSerde: undefined },
      );
    }
    case 'mapValues': {
      const { fn, type } = valueFn(draw, from.value);
      return plan.grow('mapValues', from, { fn, ...named }, { value: type, valueSerde: undefined });
    }
    case 'flatMap':
      return flatMap(plan, from, named);
    case 'flatMapValues': {
      const fn = draw.of(['splitWords', 'twice', 'withNull', 'none']);
      const value = fn === 'withNull' ? from.value : 'string';
      return plan.grow('flatMapValues', from, { fn, ...named }, { value, valueSerde: undefined });
    }
    case 'selectKey':
      return rekeyed(plan, from, named);
    case 'peek':
      return plan.grow('peek', from, named);
    case 'values':
      return processValues(plan, from, named);
    default:
      return repartition(plan, from);
  }
}

function flatMap(plan: Plan, from: Flow, named: Fields): Flow {
  const fn = plan.draw.of(['splitWords', 'twice', 'swap', 'nullKey', 'none']);
  const nothing = { keySerde: undefined, valueSerde: undefined };
  const made: Record<string, Partial<Flow>> = {
    splitWords: { key: 'string', value: 'string', ...nothing },
    swap: { key: from.value, value: from.key, ...nothing },
  };
  // It gives values as they are and as texts.
  if (fn === 'twice' && from.value !== 'string') return plan.grow('flatMap', from, { fn: 'none', ...named }, nothing);
  return plan.grow('flatMap', from, { fn, ...named }, made[fn] ?? nothing);
}

export function rekeyed(plan: Plan, from: Flow, named: Fields = {}): Flow {
  const { fn, type } = keyFn(plan.draw, from.key, from.value);
  return plan.grow('selectKey', from, { fn, ...named }, { key: type, keySerde: undefined });
}

function processValues(plan: Plan, from: Flow, named: Fields): Flow {
  const { draw } = plan;
  const processor = draw.of(['forward', 'twice', 'dropNull', 'setTimestamp', 'countPerKey']);
  const gives: Partial<Flow> = { valueSerde: undefined, keySerde: undefined };
  if (processor === 'twice' && from.value !== 'string')
    return plan.grow('processValues', from, { processor: 'dropNull', ...named }, gives);
  if (processor !== 'countPerKey') return plan.grow('processValues', from, { processor, ...named }, gives);
  const store = plan.fresh('s');
  plan.step('addStateStore', {
    kind: 'keyValue',
    supplier: { kind: draw.of(['inMemoryKeyValue', 'persistentKeyValue']), name: store },
    key: from.key,
    value: 'long',
    ...draw.maybe(20, () => ({ caching: draw.chance(50) })),
  });
  return plan.grow(
    'processValues',
    from,
    { processor, args: { store }, stores: [store], ...named },
    { ...gives, value: 'string' },
  );
}

export function repartition(plan: Plan, from: Flow): Flow {
  const { draw } = plan;
  const given = {
    ...plan.named(30),
    ...plan.serdes(from),
    ...draw.maybe(15, () => ({ partitions: draw.between(1, 7) })),
    ...draw.maybe(8, () => ({ partitioner: draw.of(['const:0', 'default', 'drop', 'multi:0,2', 'const:3']) })),
  };
  if (Object.keys(given).length === 0) return plan.grow('repartition', from, {});
  // The library forgets the serdes that `Repartitioned` does not name.
  const known = { ...from, keySerde: undefined, valueSerde: undefined };
  const fields: Fields = { ...plan.serdes(known, 0), ...given };
  const [keySerde, valueSerde] = [fields['key'] as Type, fields['value'] as Type];
  return plan.grow('repartition', from, fields, { keySerde, valueSerde });
}

export function split(plan: Plan, from: Flow): Flow[] {
  const { draw } = plan;
  const made: Flow[] = [];
  const branch = (): Fields => {
    const out = plan.fresh('f');
    made.push({ ...from, ref: out });
    return { out, ...plan.named(20) };
  };
  const branches = Array.from({ length: draw.between(0, 3) }, () => ({ pred: predicate(draw), ...branch() }));
  plan.step('split', { in: from.ref, branches, ...plan.named(25), ...draw.maybe(60, () => ({ default: branch() })) });
  return made;
}

export function merge(plan: Plan, from: Flow, other: Flow): Flow {
  return plan.grow(
    'merge',
    from,
    { other: other.ref, ...plan.named(15) },
    { keySerde: undefined, valueSerde: undefined },
  );
}

export function toTable(plan: Plan, from: Flow): Flow {
  return plan.grow(
    'toTable',
    from,
    { ...plan.named(20), ...plan.draw.maybe(60, () => materialized(plan, from)) },
    { kind: 'table' },
  );
}

export function sink(plan: Plan, from: Flow): void {
  const { draw } = plan;
  // The library knows a windowed key's serde.
  const key =
    isWindowed(from.key) && draw.chance(20) && from.keySerde === from.key
      ? {}
      : plan.serde('key', from.key, from.keySerde);
  const serdes = { ...key, ...plan.serde('value', from.value, from.valueSerde) };
  const topic = draw.chance(5)
    ? {
        topicFn: draw.of(['keyPrefix:o-', 'firstChar:o-', 'header:h', 'sourceTopic:o-']),
      }
    : { topic: plan.fresh('o') };
  const partitioner = draw.maybe(7, () => ({
    partitioner: draw.of(['const:0', 'default', 'drop', 'multi:0,2', 'const:3', 'multi:1,0']),
  }));
  plan.step('to', { in: from.ref, ...topic, ...serdes, ...partitioner, ...plan.named(8) });
}
