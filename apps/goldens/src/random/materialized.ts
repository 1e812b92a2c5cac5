/** `mat` of a step: the store of a table. */
import type { Fields, Flow, Plan } from './plan.ts';

const keyValueSuppliers: readonly Fields[] = [
  { kind: 'inMemoryKeyValue' },
  { kind: 'persistentKeyValue' },
  { kind: 'persistentTimestampedKeyValue' },
  { kind: 'versioned', historyMs: 30 },
  { kind: 'versioned', historyMs: 100, segmentMs: 5 },
  { kind: 'lru', maxEntries: 2 },
];

/** `mat` for a table of these types. */
export function materialized(
  plan: Plan,
  types: Pick<Flow, 'key' | 'value' | 'keySerde' | 'valueSerde'>,
  more: Fields = {},
  suppliers: readonly Fields[] | undefined = keyValueSuppliers,
): Fields {
  const { draw } = plan;
  const serdes = plan.serdes(types, 35);
  const isBare = Object.keys(serdes).length === 0;
  if (isBare && draw.chance(35) && Object.keys(more).length === 0) return {};
  const start = draw.of([
    { store: plan.fresh('st') },
    { store: plan.fresh('st') },
    draw.chance(50) ? { store: plan.fresh('st'), type: draw.of(['inMemory', 'rocksDB']) } : {},
    { type: draw.of(['inMemory', 'rocksDB']) },
  ]);
  const supplier = draw.chance(12) && suppliers !== undefined ? draw.of(suppliers) : undefined;
  const mat = {
    ...(supplier === undefined ? start : { supplier: { ...supplier, name: plan.fresh('st') } }),
    ...serdes,
    ...more,
    ...draw.maybe(15, () => ({ caching: draw.chance(40) })),
    ...draw.maybe(8, () => ({
      logging: draw.of([false, true, { 'cleanup.policy': 'compact', 'segment.ms': '1000' }]),
    })),
  };
  return { mat };
}
