import { define } from './define.ts';

/** Errors of the topology area; every code starts with MR_TOPOLOGY_. */
export const topologyErrors = {
  MR_TOPOLOGY_NAME: define<{ what: string; name: string }>({
    severity: 'user',
    message: ({ what, name }) => `'${name}' cannot be the name of a ${what}.`,
    remedy: () => "Use 1 to 249 letters, digits, '.', '_' and '-', but not '.' or '..'.",
  }),
  MR_TOPOLOGY_DUPLICATE: define<{ what: string; name: string }>({
    severity: 'user',
    message: ({ what, name }) => `There are two ${what}s called '${name}'.`,
    remedy: () => 'Give each its own name: state and internal topics are named after it.',
  }),
  MR_TOPOLOGY_STORE_UNKNOWN: define<{ name: string }>({
    severity: 'user',
    message: ({ name }) => `There is no store called '${name}'.`,
    remedy: () => "Add it before the processor that uses it: addStateStore, or the name of a table's store.",
  }),
  MR_TOPOLOGY_PROCESSOR_UNKNOWN: define<{ name: string }>({
    severity: 'user',
    message: ({ name }) => `There is no processor called '${name}'.`,
    remedy: () => 'Add it before it is connected with a store; sources and sinks have none.',
  }),
  MR_TOPOLOGY_PARENT_UNKNOWN: define<{ name: string; parent: string }>({
    severity: 'user',
    message: ({ name, parent }) => `The parent '${parent}' of '${name}' is unknown.`,
    remedy: () => 'Add the parent before its children; a sink has none.',
  }),
  MR_TOPOLOGY_SOURCE_MISSING: define<{ topics: readonly string[] }>({
    severity: 'user',
    message: ({ topics }) => `The topology reads topics that do not exist: ${topics.join(', ')}.`,
    remedy: () => 'Create them first; source topics are never created by the application.',
  }),
  MR_TOPOLOGY_WINDOW: define<{ problem: string }>({
    severity: 'user',
    message: ({ problem }) => `The windows cannot be used: ${problem}.`,
    remedy: () =>
      'A size and an advance are above 0, an advance is at most the size, a grace is at least 0, a retention at least size + grace.',
  }),
  MR_TOPOLOGY_JOIN_GRACE: define<{ table: string; problem: string }>({
    severity: 'user',
    message: ({ table, problem }) => `A stream cannot be joined with the table ${table} with a grace: ${problem}.`,
    remedy: () => 'Keep the table in a versioned store whose history is at least the grace, or join without one.',
  }),
  MR_TOPOLOGY_STORE_KIND: define<{ store: string; kind: string; problem: string }>({
    severity: 'user',
    message: ({ store, kind, problem }) => `The store ${store} cannot be ${kind}: ${problem}.`,
    remedy: () =>
      'Versioned stores keep tables by key, uncached and logged, with a history above 0; an LRU store holds at least one row; windows and sessions have stores of their own.',
  }),
  MR_TOPOLOGY_SUPPRESS_VERSIONED: define<{ node: string }>({
    severity: 'user',
    message: ({ node }) => `The changes of ${node} cannot be suppressed: its rows have a history.`,
    remedy: () =>
      'Keep the table in a store without versions in front of suppress(), for instance with a materialized filter.',
  }),
  MR_TOPOLOGY_SPLIT_ENDED: define<{ split: string }>({
    severity: 'user',
    message: ({ split }) => `The split '${split}' is ended and takes no further branch.`,
    remedy: () => 'Give all branches before defaultBranch() or noDefaultBranch().',
  }),
  MR_TOPOLOGY_TOPIC_TWICE: define<{ topic: string }>({
    severity: 'user',
    message: ({ topic }) => `The topic '${topic}' is read by two sources.`,
    remedy: () =>
      'Read it once and use the result twice; only stream() calls with the same topics and the same offset reset share a source.',
  }),
  MR_TOPOLOGY_PATTERN_OVERLAP: define<{ topic: string; pattern: string; other: string }>({
    severity: 'user',
    message: ({ topic, pattern, other }) =>
      `The pattern ${pattern} matches the topic '${topic}', which ${other} reads too.`,
    remedy: () => 'A topic has one source: make the patterns narrower, or read the topic by one of them only.',
  }),
  MR_TOPOLOGY_ASYNC_OPTION: define<{ node: string; option: string; came: string; expected: string }>({
    severity: 'user',
    message: ({ node, option, came, expected }) =>
      `The asynchronous step ${node} has the ${option} ${came}, which is not ${expected}.`,
    remedy: ({ option, expected }) => `Give ${option} ${expected}, or leave it out.`,
  }),
  MR_TOPOLOGY_ARGUMENT: define<{ where: string; what: string; expected: string; came: string }>({
    severity: 'user',
    message: ({ where, what, expected, came }) => `${where}: ${what} is ${came}; expected ${expected}.`,
    remedy: () => 'Correct the call; with TypeScript the compiler tells it.',
  }),
  MR_TOPOLOGY_ASYNC: define<{ node: string; role: string }>({
    severity: 'user',
    message: ({ node, role }) => `The ${role} of '${node}' is asynchronous: its promises would become keys and values.`,
    remedy: () =>
      'Give a function that returns its result. What must wait belongs into an asynchronous step (mapAsync, processAsync).',
  }),
  MR_TOPOLOGY_OTHER_BUILDER: define<{ node: string; other: string }>({
    severity: 'user',
    message: ({ node, other }) => `'${node}' and '${other}' belong to different builders and cannot meet.`,
    remedy: () => 'Build all streams and tables of an application with one StreamsBuilder.',
  }),
  MR_TOPOLOGY_SUPPLIER: define<{ node: string; problem: string }>({
    severity: 'user',
    message: ({ node, problem }) => `The supplier of '${node}' cannot be used: ${problem}.`,
    remedy: () => 'Write `() => new MyProcessor()`: every task gets a processor of its own.',
  }),
  MR_TOPOLOGY_STORE_GLOBAL: define<{ name: string }>({
    severity: 'user',
    message: ({ name }) => `The store '${name}' is global and is not connected with processors.`,
    remedy: () => 'Leave it out of `stores`: every processor may read a global store.',
  }),
  MR_TOPOLOGY_NAMES_MISSING: define<{
    stores: readonly string[];
    changelogs: readonly string[];
    repartitions: readonly string[];
  }>({
    severity: 'user',
    message: ({ stores, changelogs, repartitions }) =>
      `Not everything has a name of the user's. Stores: ${listed(stores)}; changelog topics: ${listed(changelogs)}; repartition topics: ${listed(repartitions)}.`,
    remedy: () =>
      'Give names: materialized tables and windows of joins by name or storeName, groupings and repartitions by name; or leave ensure.explicit.internal.resource.naming off.',
  }),
  MR_TOPOLOGY_EMPTY: define<object>({
    severity: 'user',
    message: () => 'The topology reads no topic.',
    remedy: () => "Begin with builder.stream('topic') or builder.table('topic').",
  }),
};

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
