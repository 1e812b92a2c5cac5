/** Tables, what is made of them, and joins. */
import { materialized } from './materialized.ts';
import type { Fields, Flow, Plan, Type } from './plan.ts';
import { aggregation, isWindowed, joiner, keyFn, predicate, reduction, valueFn } from './functions.ts';
import { topicOf, type SourceTypes } from './stream-steps.ts';

export function table(
  plan: Plan,
  types: SourceTypes = { key: 'string', value: plan.draw.chance(8) ? 'long' : 'string' },
): Flow {
  const { draw } = plan;
  const out = plan.fresh('f');
  const serdes = plan.serdes(types, 15);
  const known = { ...types, keySerde: serdes['key'] as Type, valueSerde: serdes['value'] as Type };
  const mat: Fields = draw.maybe(40, () => materialized(plan, known));
  const { store } = (mat['mat'] ?? {}) as { readonly store?: string };
  if (store !== undefined && types.key === 'string' && types.value === 'string')
    plan.lookups.push({ store, isGlobal: false });
  const extractor = draw.maybe(4, () => ({
    extractor: draw.of(['logAndSkip', 'usePartitionTime', 'valueFieldOrPartition:1']),
  }));
  plan.step('table', {
    topic: topicOf(plan, types.key, types.value),
    out,
    ...serdes,
    ...extractor,
    ...plan.named(8),
    ...mat,
  });
  return { ref: out, kind: 'table', ...types, keySerde: serdes['key'] as Type, valueSerde: serdes['value'] as Type };
}

/** A step of a table that gives a table. */
export function derived(plan: Plan, from: Flow): Flow {
  const { draw } = plan;
  const named = plan.named(12);
  switch (draw.of(['filter', 'filterNot', 'mapValues', 'mapValues', 'transformValues'])) {
    case 'filter':
      return plan.grow('filter', from, {
        pred: predicate(draw),
        ...named,
        ...draw.maybe(35, () => materialized(plan, from)),
      });
    case 'filterNot':
      return plan.grow('filterNot', from, {
        pred: predicate(draw),
        ...named,
        ...draw.maybe(35, () => materialized(plan, from)),
      });
    case 'mapValues': {
      const { fn, type } = valueFn(draw, from.value);
      const made = { ...from, value: type, valueSerde: undefined };
      return plan.grow('mapValues', from, { fn, ...named, ...draw.maybe(35, () => materialized(plan, made)) }, made);
    }
    default: {
      const made = { ...from, value: 'string', valueSerde: undefined };
      const mat = draw.maybe(35, () => materialized(plan, made));
      return plan.grow('transformValues', from, { ...transformer(plan, from), ...named, ...mat }, made);
    }
  }
}

function transformer(plan: Plan, from: Flow): Fields {
  const { draw } = plan;
  if (isWindowed(from.key) || draw.chance(60)) return { processor: 'keyValue' };
  const store = plan.fresh('s');
  plan.step('addStateStore', {
    kind: 'keyValue',
    supplier: { kind: draw.of(['inMemoryKeyValue', 'persistentKeyValue']), name: store },
    key: from.key,
    value: 'long',
    ...draw.maybe(30, () => ({ caching: draw.chance(70) })),
    ...draw.maybe(15, () => ({ logging: false })),
  });
  return { processor: 'countPerKey', args: { store }, stores: [store] };
}

export function toStream(plan: Plan, from: Flow): Flow {
  if (plan.draw.chance(isWindowed(from.key) ? 30 : 10)) {
    const { fn, type } = keyFn(plan.draw, from.key, from.value);
    return plan.grow('toStream', from, { fn, ...plan.named(10) }, { kind: 'stream', key: type, keySerde: undefined });
  }
  return plan.grow('toStream', from, plan.named(10), { kind: 'stream' });
}

/** Groups a table and aggregates it. */
export function groupedTable(plan: Plan, from: Flow): Flow {
  const { draw } = plan;
  const [key, value] = [keyFn(draw, from.key, from.value), valueFn(draw, from.value)];
  const grouped = { key: key.type, value: value.type };
  const serdes = plan.serdes(grouped);
  const out = plan.fresh('g');
  plan.step('groupBy', { in: from.ref, out, keyFn: key.fn, valueFn: value.fn, ...serdes, ...plan.named(20) });
  const group: Flow = {
    ref: out,
    kind: 'table',
    ...grouped,
    keySerde: serdes['key'] as Type,
    valueSerde: serdes['value'] as Type,
  };
  const named = plan.named(15);
  switch (draw.of(['count', 'reduce', 'aggregate', 'aggregate'])) {
    case 'count': {
      const made = { ...group, value: 'long', valueSerde: 'long' };
      return plan.grow('count', group, { ...named, ...materialized(plan, made) }, made);
    }
    case 'reduce':
      return plan.grow(
        'reduce',
        group,
        { ...reduction(draw, group.value), ...named, ...materialized(plan, group) },
        {},
      );
    default: {
      const { init, fn, sub, type } = aggregation(draw, group.value);
      const made = { ...group, value: type, valueSerde: undefined };
      return plan.grow(
        'aggregate',
        group,
        { init, fn, sub, ...named, ...materialized(plan, made) },
        { ...made, keySerde: undefined },
      );
    }
  }
}

export function tableJoin(plan: Plan, from: Flow, other: Flow): Flow {
  const { draw } = plan;
  const { fn, type } = joiner(draw, from.value, other.value);
  const made = { ...from, value: type, valueSerde: undefined };
  return plan.grow(
    draw.of(['join', 'leftJoin', 'outerJoin']),
    from,
    { other: other.ref, joiner: fn, ...plan.named(20), ...draw.maybe(40, () => materialized(plan, made)) },
    made,
  );
}

export function foreignKeyJoin(plan: Plan, from: Flow, other: Flow): Flow {
  const { draw } = plan;
  const fk = draw.of([
    'field:0',
    'field:0',
    'field:0',
    'field:1',
    'keyField:0',
    'nullIfStarts:f',
    'value',
    'firstChar',
    'key',
    'nullIf:x',
  ]);
  const { fn, type } = joiner(draw, from.value, other.value);
  const made = { ...from, value: type, valueSerde: undefined };
  const mat = draw.maybe(40, () => materialized(plan, made));
  return plan.grow(
    draw.of(['fkJoin', 'fkLeftJoin']),
    from,
    { other: other.ref, fk: from.value === 'string' ? fk : 'value', joiner: fn, ...plan.named(20), ...mat },
    made,
  );
}

export function suppress(plan: Plan, from: Flow, closes: boolean): Flow {
  const { draw } = plan;
  const until = closes
    ? { until: 'windowCloses' }
    : { until: 'timeLimit', limitMs: draw.of([0, 1, 3, 5, 5, 10, 10, 20, 1000]) };
  const logging = draw.maybe(15, () => ({ logging: draw.of([false, {}, { 'retention.ms': '1000' }]) }));
  const limits = draw.of([
    { maxRecords: draw.between(1, 5) },
    { maxBytes: draw.between(40, 400) },
    { maxRecords: draw.between(1, 5), maxBytes: draw.between(60, 500) },
  ]);
  const limited = { ...limits, whenFull: closes || draw.chance(20) ? 'shutdown' : 'emit' };
  const buffer = draw.chance(50)
    ? { ...(draw.chance(closes ? 25 : 60) ? limited : { unbounded: true }), ...logging }
    : undefined;
  return plan.grow('suppress', from, { ...until, ...(buffer === undefined ? {} : { buffer }), ...plan.named(20) });
}
