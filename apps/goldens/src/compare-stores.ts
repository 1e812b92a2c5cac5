/** Rows of stores as the case language writes them (its section 2, "Stores"), to be compared as multisets. */
import type { Buffer } from 'node:buffer';
import type { Subscription } from '@millrace/serde';
import type { StoreEntry } from '@millrace/state';
import type { StoreSpec } from '@millrace/topology';
import { text } from './case-functions.ts';
import type { ExpectedStore } from './golden-case.ts';

type Row = Readonly<Record<string, unknown>>;

/** A store after a case. */
export interface StoreContents {
  readonly spec: StoreSpec;
  readonly entries: readonly StoreEntry[];
  /** Of a versioned store: its rows as the case language has them. */
  readonly versions?: readonly Row[];
}

/** What differs, in words. */
export function compareStores(
  expected: Readonly<Record<string, ExpectedStore>>,
  found: readonly StoreContents[],
  hasLogged: (store: string, key: string) => boolean,
): string[] {
  const unknown = found.filter(({ spec }) => expected[spec.name] === undefined);
  const faults = Object.entries(expected).flatMap(([name, wanted]) => {
    if (wanted.notRead !== undefined) return [];
    const store = found.find(({ spec }) => spec.name === name);
    if (store === undefined) return [`store ${name}: there is none`];
    if (wanted.kind !== 'session') return compareStore(name, store, wanted);
    // The recorder finds sessions by the keys of their changelog.
    const entries = store.entries.filter(({ key }) => hasLogged(name, text((key as { key: unknown }).key)));
    return compareStore(name, { ...store, entries }, wanted);
  });
  return [...faults, ...unknown.map(({ spec }) => `store ${spec.name}: the JVM has none`)];
}

function compareStore(
  name: string,
  { spec, entries, versions }: StoreContents,
  { kind, rows = [] }: ExpectedStore,
): string[] {
  const own = kindOf(spec);
  if (own !== kind) return [`store ${name} is of the kind ${own}\n      the JVM: ${kind}`];
  const found = sorted(versions ?? entries.map((entry) => rowOf(spec, entry)));
  const wanted = sorted(rows.map(plain));
  for (let i = 0; i < Math.max(found.length, wanted.length); i++)
    if (found[i] !== wanted[i]) return [`store ${name}, row ${i}: ${found[i]}\n      the JVM: ${wanted[i]}`];
  return [];
}

function kindOf({ kind, timestamped = true }: StoreSpec): string {
  if (kind === 'join') return 'window';
  if (kind === 'joinWaiting') return 'keyValue';
  return kind === 'keyValue' && timestamped ? 'timestampedKeyValue' : kind;
}

function rowOf({ kind, timestamped = true, wrapped }: StoreSpec, { key, value, timestamp }: StoreEntry): Row {
  if (kind === 'joinWaiting') {
    const { side, key: inner, timestamp: time } = key as { side: string; key: unknown; timestamp: number };
    return { key: `<${side},${text(inner)}:${time}>`, value: `<${side},${text(value)}>` };
  }
  const ts = timestamped && (kind === 'keyValue' || kind === 'window' || kind === 'join') ? { ts: timestamp } : {};
  if (wrapped === 'subscription')
    return { key: (key as Buffer).toString('hex'), ...ts, value: subscriptionText(value as Subscription<unknown>) };
  if (kind === 'keyValue') return { key: textOrNull(key), ...ts, value: textOrNull(value) };
  const { key: inner, window } = key as { key: unknown; window: { start: number; end: number } };
  return { end: window.end, key: textOrNull(inner), start: window.start, ...ts, value: textOrNull(value) };
}

/** With stores in the format HEADERS the JVM prints a session's value with the headers around it. */
function plain(row: Row): Row {
  const around = /^AggregationWithHeaders\{aggregation=(.*), headers=RecordHeaders\(.*\)\}$/s.exec(
    String(row['value']),
  );
  return around === null ? row : { ...row, value: around[1] };
}

/** As the JVM prints a subscription. */
function subscriptionText({ primaryKey, instruction, hash, primaryPartition }: Subscription<unknown>): string {
  const halves = hash === null ? 'null' : `[${hash.readBigInt64BE(0)}, ${hash.readBigInt64BE(8)}]`;
  const fields = `primaryKey=${text(primaryKey)}, instruction=${instructionNames[instruction]}, hash=${halves}`;
  return `SubscriptionWrapper{version=1, ${fields}, primaryPartition=${primaryPartition}}`;
}

const instructionNames = [
  'DELETE_KEY_NO_PROPAGATE',
  'DELETE_KEY_AND_PROPAGATE',
  'PROPAGATE_NULL_IF_NO_FK_VAL_AVAILABLE',
  'PROPAGATE_ONLY_IF_FK_VAL_AVAILABLE',
] as const;

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : text(value);
}

/** Fields in the order of their names. */
function sorted(rows: readonly Row[]): string[] {
  const fields = (row: Row): Row => Object.fromEntries(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
  return rows.map((row) => JSON.stringify(fields(row))).sort();
}
