import { define } from './define.ts';

const ofPartition = (store: string, partition: number | null): string =>
  partition === null ? `store ${store}` : `partition ${partition} of store ${store}`;

/** Errors of interactive queries; every code starts with MR_QUERY_. Those that are retriable pass when the group has settled. */
export const queryErrors = {
  MR_QUERY_STATE: define<{ store: string; state: string }>({
    severity: 'user',
    message: ({ store, state }) => `The store ${store} cannot be read in state ${state}.`,
    remedy: () => 'Stores are read between start() and close(): in the states REBALANCING and RUNNING.',
  }),
  MR_QUERY_STORE_UNKNOWN: define<{ store: string; known: readonly string[] }>({
    severity: 'user',
    message: ({ store, known }) =>
      `The topology has no store '${store}'; it has ${known.length === 0 ? 'none' : known.join(', ')}.`,
    remedy: () => "Name the store in the DSL, as in count({ name: 'counts' }), and ask for it by that name.",
  }),
  MR_QUERY_STORE_TYPE: define<{ store: string; kind: string; asked: string }>({
    severity: 'user',
    message: ({ store, kind, asked }) => `The store ${store} is a ${kind} store and cannot be read as ${asked}.`,
    remedy: () =>
      'Ask for it with the type of QueryableStoreTypes that it has. A timestamped store can also be read as a plain one.',
  }),
  MR_QUERY_STORE_NOT_QUERYABLE: define<{ store: string; kind: string }>({
    severity: 'user',
    message: ({ store, kind }) => `The store ${store} cannot be read from outside: it is the ${kind} of an operator.`,
    remedy: () => 'Materialize the result that you are looking for under a name, and read that store.',
  }),
  MR_QUERY_PARTITION: define<{ store: string; partition: number; partitions: number | null }>({
    severity: 'user',
    message: ({ store, partition, partitions }) =>
      `The store ${store} has no partition ${partition}${partitions === null ? '' : `; it has 0 to ${partitions - 1}`}.`,
    remedy: () => 'queryMetadataForKey tells the partition of a key.',
  }),
  MR_QUERY_KEY_MISSING: define<{ store: string }>({
    severity: 'user',
    message: ({ store }) => `The store ${store} was asked for the key null.`,
    remedy: () => 'No store has such a row: give a key, or read a range with open bounds.',
  }),
  MR_QUERY_REBALANCING: define<{ store: string; tasks: readonly string[] }>({
    severity: 'retriable',
    message: ({ store, tasks }) =>
      `Not all partitions of store ${store} that belong here are up to date yet: ${tasks.join(', ')} are being opened or restored.`,
    remedy: () =>
      'Try again when the application is RUNNING, ask for one partition, or allow rows that are behind (enableStaleStores).',
  }),
  MR_QUERY_STORE_NOT_HERE: define<{ store: string; partition: number | null }>({
    severity: 'retriable',
    message: ({ store, partition }) => `This instance has no ${ofPartition(store, partition)} now.`,
    remedy: () =>
      'Another instance may have it: queryMetadataForKey and streamsMetadataForStore tell which. During a rebalance try again.',
  }),
  MR_QUERY_STORE_MIGRATED: define<{ store: string; partition: number }>({
    severity: 'retriable',
    message: ({ store, partition }) =>
      `The ${ofPartition(store, partition)} was closed while it was read: its task has moved, or begins again.`,
    remedy: () => 'Read again; the application or another instance has it back soon.',
  }),
  MR_QUERY_STALE: define<{ store: string; partition: number; lag: string; allowed: string }>({
    severity: 'retriable',
    message: ({ store, partition, lag, allowed }) =>
      `The copy of ${ofPartition(store, partition)} on this instance is ${lag} behind; ${allowed} is allowed.`,
    remedy: () => 'Read the active one, allow more, or try again when the copy has caught up.',
  }),
};
