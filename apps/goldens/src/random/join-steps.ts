/** Joins of streams. */
import { isWindowed, joiner } from './functions.ts';
import type { Fields, Flow, Plan } from './plan.ts';

function joined(plan: Plan, from: Flow, other: Flow, more: () => Fields = () => ({})): Fields {
  const fields = {
    ...plan.serdes(from, 30),
    ...plan.serde('otherValue', other.value, other.valueSerde, 30),
    ...plan.named(20),
    ...more(),
  };
  return Object.keys(fields).length === 0 ? {} : { joined: fields };
}

export function streamJoin(plan: Plan, from: Flow, other: Flow): Flow {
  const { draw } = plan;
  const op = draw.of(['join', 'leftJoin', 'outerJoin']);
  const oldApi = draw.maybe(8, () => ({ oldApi: true }));
  const grace = draw.maybe(60, () => ({ graceMs: draw.of([0, 2, 5, 10, 50]) }));
  const sides = {
    ...draw.maybe(15, () => ({ beforeMs: draw.between(0, 8) })),
    ...draw.maybe(15, () => ({ afterMs: draw.between(0, 8) })),
  };
  const window = { diffMs: draw.of([0, 3, 5, 10, 10]), ...grace, ...sides, ...oldApi };
  const stored = (): Fields => ({
    ...draw.maybe(20, () => ({ storeName: plan.fresh('sj') })),
    ...draw.maybe(10, () => ({ logging: draw.of([false, true, { 'segment.ms': '900' }]) })),
    ...draw.maybe(15, () => ({ type: draw.of(['inMemory', 'rocksDB']) })),
  });
  const { fn, type } = joiner(draw, from.value, other.value);
  return plan.grow(
    op,
    from,
    { other: other.ref, joiner: fn, window, ...joined(plan, from, other, stored) },
    { value: type, valueSerde: undefined, keySerde: undefined },
  );
}

export function tableLookup(plan: Plan, from: Flow, other: Flow): Flow {
  const { fn, type } = joiner(plan.draw, from.value, other.value);
  const op = plan.draw.of(['join', 'leftJoin']);
  return plan.grow(
    op,
    from,
    { other: other.ref, joiner: fn, ...joined(plan, from, other, () => plan.draw.maybe(2, () => ({ graceMs: 5 }))) },
    { value: type, valueSerde: undefined, keySerde: undefined },
  );
}

export function globalLookup(plan: Plan, from: Flow, other: Flow): Flow {
  const { draw } = plan;
  const { fn, type } = joiner(draw, from.value, other.value);
  const keyFn = isWindowed(from.key)
    ? 'keyText'
    : draw.of(['value', 'key', 'field:0', 'firstChar', 'nullIf:x', 'keyValue']);
  const text = from.value === 'string' && from.key === 'string' ? keyFn : 'toString';
  return plan.grow(
    draw.of(['join', 'leftJoin']),
    from,
    { other: other.ref, keyFn: text, joiner: fn, ...plan.named(20) },
    { value: type, valueSerde: undefined },
  );
}
