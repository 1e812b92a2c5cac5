/** Grouped streams, windows and aggregations. */
import { aggregation, keyFn, reduction, type Aggregation } from './functions.ts';
import { materialized } from './materialized.ts';
import type { Fields, Flow, Plan, Type } from './plan.ts';

/** A stream grouped by its key, or by one that a function gives. */
export function grouped(plan: Plan, from: Flow): Flow {
  const { draw } = plan;
  const out = plan.fresh('g');
  const isSame = draw.chance(60);
  const key = isSame ? { fn: '', type: from.key } : keyFn(draw, from.key, from.value);
  const flow = isSame ? from : { ...from, key: key.type, keySerde: undefined };
  const given = { ...plan.serdes(flow, 35), ...plan.named(15) };
  // The library forgets the serdes that `Grouped` does not name.
  const known = Object.keys(given).length === 0 ? flow : { ...flow, keySerde: undefined, valueSerde: undefined };
  const serdes = { ...plan.serdes(known, 0), ...given };
  plan.step(isSame ? 'groupByKey' : 'groupBy', { in: from.ref, out, ...(isSame ? {} : { fn: key.fn }), ...serdes });
  return {
    ...flow,
    ref: out,
    keySerde: (serdes as Fields)['key'] as Type | undefined,
    valueSerde: (serdes as Fields)['value'] as Type | undefined,
  };
}

export type WindowType = 'tumbling' | 'hopping' | 'sliding' | 'session' | 'unlimited';

interface Window {
  readonly fields: Fields;
  readonly isSession: boolean;
  /** The least time that a store of such windows keeps them. */
  readonly retention: number;
  /** Stores that can keep them. */
  readonly suppliers: readonly Fields[];
  keyed(key: Type): Type;
}

function suppliersOf(type: WindowType, windowMs: number, retentionMs: number): Fields[] {
  if (type === 'session') return ['inMemorySession', 'persistentSession'].map((kind) => ({ kind, retentionMs }));
  const kinds = ['inMemoryWindow', 'persistentWindow', 'persistentTimestampedWindow'];
  return kinds.map((kind) => ({ kind, retentionMs, windowMs }));
}

function windowOf(plan: Plan, type: WindowType): Window {
  const { draw } = plan;
  const grace = draw.maybe(75, () => ({ graceMs: draw.of([0, 1, 2, 5, 5, 10, 50]) }));
  const graceMs = (grace as Fields)['graceMs'] as number | undefined;
  const window = (fields: Fields, size: number): Window => ({
    fields: { type, ...fields, ...grace },
    isSession: type === 'session',
    retention: size + (graceMs ?? 0),
    suppliers: suppliersOf(type, size, draw.chance(60) ? 2 * size + (graceMs ?? 0) : size + draw.of([0, 1, 2, 5])),
    keyed: (key) => (type === 'session' ? `sessionWindowed(${key})` : `timeWindowed(${key},${size})`),
  });
  switch (type) {
    case 'tumbling': {
      const size = draw.of([1, 4, 10, 10, 10, 20]);
      return window({ sizeMs: size }, size);
    }
    case 'hopping': {
      const size = draw.of([4, 10, 10, 12]);
      return window({ sizeMs: size, advanceMs: draw.between(1, size) }, size);
    }
    case 'sliding': {
      const size = draw.chance(3) ? 0 : draw.of([1, 3, 5, 10, 10]);
      return window({ diffMs: size }, size);
    }
    case 'session': {
      const gap = draw.of([0, 2, 4, 5, 5, 10]);
      return window({ gapMs: gap }, gap);
    }
    case 'unlimited':
      return {
        ...window({}, Number.MAX_SAFE_INTEGER),
        fields: { type, ...draw.maybe(50, () => ({ startMs: draw.between(0, 20) })) },
        retention: 1000,
        suppliers: [],
        keyed: (key) => `timeWindowed(${key},1000)`,
      };
  }
}

/** Aggregates what is grouped, in windows if there are any. */
export function aggregated(plan: Plan, group: Flow, type?: WindowType, isFinal = false): Flow {
  const { draw } = plan;
  const window = type === undefined ? undefined : windowOf(plan, type);
  let from = group;
  if (window !== undefined) {
    const out = plan.fresh('w');
    plan.step('windowedBy', { in: group.ref, out, window: window.fields });
    from = { ...group, ref: out };
    if (isFinal || draw.chance(8)) {
      const next = plan.fresh('w');
      plan.step('emitStrategy', {
        in: out,
        out: next,
        strategy: isFinal ? 'onWindowClose' : draw.of(['onWindowUpdate', 'onWindowClose']),
      });
      from = { ...group, ref: next };
    }
  }
  return finished(plan, from, window);
}

function finished(plan: Plan, from: Flow, window: Window | undefined): Flow {
  const { draw } = plan;
  // Without a serde of its own what follows a table of windows has none for its keys.
  const key = from.keySerde ?? (window !== undefined && draw.chance(92) ? from.key : undefined);
  const keyed = (made: Flow): Partial<Flow> =>
    window === undefined
      ? { ...made, kind: 'table' }
      : { ...made, kind: 'table', key: window.keyed(made.key), keySerde: key && window.keyed(key) };
  const retained = {
    ...(window === undefined
      ? {}
      : draw.maybe(12, () => ({ retentionMs: window.retention + draw.of([0, 1, 30, 100000]) }))),
    ...(from.keySerde === undefined && key !== undefined ? { key } : {}),
  };
  const suppliers = window === undefined ? undefined : window.suppliers;
  const named = plan.named(15);
  switch (draw.of(['count', 'reduce', 'aggregate', 'aggregate'])) {
    case 'count': {
      const made = { ...from, value: 'long', valueSerde: 'long' };
      return plan.grow('count', from, { ...named, ...materialized(plan, made, retained, suppliers) }, keyed(made));
    }
    case 'reduce':
      return plan.grow(
        'reduce',
        from,
        { fn: reduction(draw, from.value).fn, ...named, ...materialized(plan, from, retained, suppliers) },
        keyed(from),
      );
    default: {
      const { init, fn, merger, type } = aggregation(draw, from.value);
      const made = { ...from, value: type, valueSerde: undefined };
      const merges = window?.isSession === true ? { merger } : {};
      return plan.grow(
        'aggregate',
        from,
        { init, fn, ...merges, ...named, ...materialized(plan, made, retained, suppliers) },
        keyed(made),
      );
    }
  }
}

/** Groups with keys of one type, aggregated as one. */
export function cogrouped(plan: Plan, groups: readonly Flow[], type?: WindowType): Flow {
  const { draw } = plan;
  const kind = draw.chance(30) ? 'long' : 'string';
  const like = (): Aggregation => {
    for (;;) {
      const made = aggregation(draw, 'long');
      if (made.type === kind) return made;
    }
  };
  let last = '';
  for (const group of groups) {
    const out = plan.fresh('c');
    plan.step(
      'cogroup',
      last === '' ? { in: group.ref, out, fn: like().fn } : { in: last, other: group.ref, out, fn: like().fn },
    );
    last = out;
  }
  const [first] = groups as readonly [Flow];
  const window = type === undefined ? undefined : windowOf(plan, type);
  if (window !== undefined) {
    const out = plan.fresh('w');
    plan.step('windowedBy', { in: last, out, window: window.fields });
    last = out;
  }
  const { init, merger } = like();
  const made: Flow = { ...first, ref: last, kind: 'table', value: kind, keySerde: undefined, valueSerde: undefined };
  const fields = {
    init,
    ...(window?.isSession === true ? { merger } : {}),
    ...plan.named(15),
    ...materialized(plan, made),
  };
  return plan.grow('aggregate', made, fields, { key: window?.keyed(first.key) ?? first.key });
}
