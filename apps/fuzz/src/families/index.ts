/** All kinds of topologies that are drawn, by name. */
import type { Family } from '../fuzz-case.ts';
import { byKey, byNewKey, cogrouped, tableGrouped } from './aggregates.ts';
import { foreignKeyJoins, streamJoins, streamTableJoins, tableJoins } from './joins.ts';
import { punctuated, withStores } from './processors.ts';
import { reKeyed, valuesOnly } from './stateless.ts';
import { finalResults, heldBack, suppressed, windowUpdates } from './windows.ts';

export const families = {
  valuesOnly,
  reKeyed,
  byKey,
  byNewKey,
  tableGrouped,
  cogrouped,
  windowUpdates,
  finalResults,
  suppressed,
  heldBack,
  streamJoins,
  streamTableJoins,
  tableJoins,
  foreignKeyJoins,
  withStores,
  punctuated,
} satisfies Readonly<Record<string, Family>>;

export type FamilyName = keyof typeof families;
