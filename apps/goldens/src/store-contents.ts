/** What stores hold at the end of a case. Of a versioned one for each key of the changelog: what it is now, and what it was at each time logged. */
import type { ProducedRecord } from '@millrace/test-driver';
import { Serdes, type Serde } from '@millrace/serde';
import type { StoreEntry } from '@millrace/state';
import { changelogTopicName, type Program, type StoreSpec, type VersionedKeyValueStore } from '@millrace/topology';
import type { StoreContents } from './compare-stores.ts';
import { text } from './case-functions.ts';

type Row = Readonly<Record<string, unknown>>;

/** Where stores are read from. */
export interface ReadStores {
  readonly stores: readonly StoreSpec[];
  entries(name: string): readonly StoreEntry[];
  versioned(name: string): Pick<VersionedKeyValueStore<unknown, unknown>, 'get'>;
}

/** @param logged all records produced, those of changelogs among them */
export function storeContents(
  program: Program,
  applicationId: string,
  logged: readonly ProducedRecord[],
  source: ReadStores,
): StoreContents[] {
  return source.stores.map((spec) => {
    const { name } = spec;
    if (spec.kind !== 'versioned') return { spec, entries: source.entries(name) };
    const changelog = changelogTopicName(applicationId, name);
    const own = logged.filter(({ topic }) => topic === changelog);
    return { spec, entries: [], versions: versionedRows(source.versioned(name), own, keySerdeOf(program, spec)) };
  });
}

function keySerdeOf({ serdes }: Program, { keySerde }: StoreSpec): Serde<unknown> {
  return (keySerde === null ? undefined : serdes[keySerde]) ?? (Serdes.string() as Serde<unknown>);
}

function versionedRows(
  { get }: Pick<VersionedKeyValueStore<unknown, unknown>, 'get'>,
  logged: readonly ProducedRecord[],
  keySerde: Serde<unknown>,
): Row[] {
  const times = new Map<string, Set<number>>();
  for (const { key, timestamp } of logged) {
    const name = key?.toString('hex') ?? '';
    times.set(name, (times.get(name) ?? new Set()).add(timestamp ?? 0));
  }
  return [...times].map(([hex, ats]) => {
    const key = keySerde.deserialize('', Buffer.from(hex, 'hex'));
    const asOf = [...ats].sort((a, b) => a - b).map((at) => ({ at, ...versionOf(get(key, at), 'value') }));
    return { asOf, key: text(key), ...versionOf(get(key), 'latest') };
  });
}

function versionOf(found: { value: unknown; timestamp: number } | null, name: string): Row {
  return found === null ? { [name]: null } : { [name]: text(found.value), ts: found.timestamp };
}
