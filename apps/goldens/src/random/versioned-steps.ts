/** Tables that remember versions, what is made of them, and processors over stores of versions. */
import { tableLookup } from './join-steps.ts';
import type { Fields, Flow, Plan, Type } from './plan.ts';
import { process } from './process-steps.ts';
import { merge, stream, topicOf } from './stream-steps.ts';
import { derived, foreignKeyJoin, groupedTable, table, tableJoin, toStream } from './table-steps.ts';

const text = { key: 'string', value: 'string' };

/** A new name of a store of versions, in the fields of `mat`. */
function versions(plan: Plan): Fields {
  const { draw } = plan;
  return {
    supplier: {
      kind: 'versioned',
      name: plan.fresh('st'),
      historyMs: draw.of([0, 5, 10, 20, 30, 50, 100]),
      ...draw.maybe(35, () => ({ segmentMs: draw.of([2, 3, 5, 20]) })),
    },
  };
}

function versionedTable(plan: Plan): Flow {
  const { draw } = plan;
  const out = plan.fresh('f');
  const serdes = plan.serdes(text, 15);
  const mat = {
    ...versions(plan),
    ...draw.maybe(10, () => ({ caching: false })),
    ...draw.maybe(8, () => ({ logging: draw.of([false, true, { 'segment.ms': '1000' }]) })),
  };
  plan.step('table', { topic: topicOf(plan), out, ...serdes, ...plan.named(8), mat });
  return { ref: out, kind: 'table', ...text, keySerde: serdes['key'] as Type, valueSerde: serdes['value'] as Type };
}

/** A table made of one of versions, its own rows versions or not. */
function kept(plan: Plan, from: Flow): Flow {
  const { draw } = plan;
  if (from.value !== 'string' || draw.chance(65)) return derived(plan, from);
  const fields = draw.of([
    { op: 'filter', pred: draw.of(['even', 'gt:2', 'startsWith:a', 'valueIs:x']) },
    { op: 'mapValues', fn: draw.of(['upper', 'append:!', 'nullIf:x', 'field:0']) },
  ]);
  const { op, ...given } = fields;
  return plan.grow(op, from, { ...given, mat: versions(plan) }, { valueSerde: undefined });
}

function lookup(plan: Plan, other: Flow): Flow {
  const from = stream(plan, text);
  const looked = tableLookup(plan, from, other);
  const step = plan.steps.at(-1) as Record<string, unknown>;
  if (plan.draw.chance(60))
    step['joined'] = { ...(step['joined'] as Fields), graceMs: plan.draw.of([0, 3, 5, 10, 10, 20]) };
  return looked;
}

const other = (plan: Plan): Flow => (plan.draw.chance(65) ? versionedTable(plan) : table(plan, text));

/** What a versioned case is about. */
export function versioned(plan: Plan): Flow[] {
  const { draw } = plan;
  switch (draw.of(['processor', 'processor', 'derive', 'group', 'join', 'foreign', 'lookup', 'lookup', 'stream'])) {
    case 'processor':
      return [process(plan, stream(plan, text), ['versionedWriter'])];
    case 'derive':
      return [kept(plan, kept(plan, versionedTable(plan)))];
    case 'group': {
      const from = versionedTable(plan);
      return [groupedTable(plan, draw.chance(40) ? kept(plan, from) : from)];
    }
    case 'join': {
      const sides = [versionedTable(plan), other(plan)] as const;
      return [draw.chance(50) ? tableJoin(plan, ...sides) : tableJoin(plan, sides[1], sides[0])];
    }
    case 'foreign': {
      const sides = [versionedTable(plan), other(plan)] as const;
      return [draw.chance(50) ? foreignKeyJoin(plan, ...sides) : foreignKeyJoin(plan, sides[1], sides[0])];
    }
    case 'lookup': {
      const from = versionedTable(plan);
      return [lookup(plan, draw.chance(15) ? kept(plan, from) : from)];
    }
    default: {
      const from = versionedTable(plan);
      const one = toStream(plan, from);
      return draw.chance(20) && one.key === 'string' && one.value === 'string'
        ? [merge(plan, one, stream(plan, text))]
        : [one];
    }
  }
}
