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
  MR_QUERY_TIMES: define<{ store: string; from: number; to: number }>({
    severity: 'user',
    message: ({ store, from, to }) =>
      `The store ${store} was asked for versions from ${from} to ${to}, which is no range of time.`,
    remedy: () => 'Give times in ms, the earlier one first.',
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
      `The copy of ${ofPartition(store, partition)} on this instance is behind by ${lag}; ${allowed} are allowed.`,
    remedy: () => 'Read the active one, allow more, or try again when the copy has caught up.',
  }),
  MR_QUERY_OFF: define<{ store: string; partition: number; host: string | null }>({
    severity: 'user',
    message: ({ store, partition, host }) =>
      `${host === null ? 'Another instance' : host} has the ${ofPartition(store, partition)}, and cannot be asked: queries between instances are off.`,
    remedy: () =>
      'Give every instance an application.server (host:port) and all of them the same interactive.query.token. Without a token only addresses of this machine are asked.',
  }),
  MR_QUERY_ADDRESS: define<{ address: string; problem: string }>({
    severity: 'user',
    message: ({ address, problem }) => `Queries cannot be answered at ${address}: ${problem}.`,
    remedy: () => 'Give application.server.listen an address of this machine whose port is free, such as 0.0.0.0:8090.',
  }),
  MR_QUERY_UNREACHABLE: define<{ host: string; problem: string }>({
    severity: 'retriable',
    message: ({ host, problem }) => `The instance at ${host} cannot be asked: ${problem}.`,
    remedy: () =>
      'It may be gone: after the next round of the group another one answers. Check application.server and its port.',
  }),
  MR_QUERY_TIMED_OUT: define<{ host: string; timeoutMs: number }>({
    severity: 'retriable',
    message: ({ host, timeoutMs }) => `The instance at ${host} was silent for ${timeoutMs} ms.`,
    remedy: () => 'Ask again; if it lasts, that instance is overloaded. interactive.query.timeout.ms is the limit.',
  }),
  MR_QUERY_CUT: define<{ host: string }>({
    severity: 'retriable',
    message: ({ host }) => `The answer of the instance at ${host} broke off.`,
    remedy: () => 'Ask again; rows that came before are right, but not all.',
  }),
  MR_QUERY_UNAUTHORIZED: define<{ host: string }>({
    severity: 'user',
    message: ({ host }) => `The instance at ${host} does not take the token of this one.`,
    remedy: () => 'Give all instances the same interactive.query.token.',
  }),
  MR_QUERY_REQUEST: define<{ problem: string }>({
    severity: 'user',
    message: ({ problem }) => `What came is no query: ${problem}.`,
    remedy: () => 'Only instances of one version of Millrace ask each other; roll out one version everywhere.',
  }),
  MR_QUERY_REMOTE: define<{ host: string; code: string; problem: string }>({
    severity: 'user',
    message: ({ host, code, problem }) => `The instance at ${host} failed with ${code}: ${problem}`,
    remedy: () => 'Look at the log of that instance.',
  }),
};
