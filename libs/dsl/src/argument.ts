/** What a call is given, checked for those who have no compiler: each fault is told where it is made, not when the first record comes. */
import { durationMs, millraceError } from '@millrace/base';
import type { Serde } from '@millrace/serde';
import { requireName, topicPattern, type SourceNode } from '@millrace/topology';
import type { AnyFunction } from './graph.ts';
import type { Consumed } from './options.ts';

/** Throws MR_TOPOLOGY_ARGUMENT. */
export function refuseArgument(where: string, what: string, expected: string, came: unknown): never {
  throw millraceError('MR_TOPOLOGY_ARGUMENT', { where, what, expected, came: kindOf(came) });
}

/** Throws MR_TOPOLOGY_ARGUMENT for what is no function, MR_TOPOLOGY_ASYNC for one that would give promises where values are wanted. */
export function requireFunction(node: string, role: string, run: AnyFunction, mayWait: boolean): AnyFunction {
  if (typeof run !== 'function') refuseArgument(node, role, 'a function', run);
  if (!mayWait && run.constructor.name === 'AsyncFunction') throw millraceError('MR_TOPOLOGY_ASYNC', { node, role });
  return run;
}

/** `Serdes.string` without its parentheses is the usual fault. */
export function requireSerde(serde: Serde<unknown>): void {
  const { name, serialize, deserialize } = (serde ?? {}) as Partial<Serde<unknown>>;
  if (typeof name !== 'string' || typeof serialize !== 'function' || typeof deserialize !== 'function')
    refuseArgument('a serde', 'it', 'an object with name, serialize and deserialize', serde);
}

/** What a source reads: topics, or a pattern of them. */
export function requireSubscription(
  source: string,
  topics: string | readonly string[] | RegExp,
): Pick<SourceNode, 'topics' | 'pattern'> {
  if (topics instanceof RegExp) return { topics: [], pattern: topicPattern(topics) };
  return { topics: requireTopics(source, topics) };
}

/** Topics of a source: at least one, each with a legal name; one that stands there twice is read once (JVM). */
export function requireTopics(source: string, topics: string | readonly string[]): readonly string[] {
  const names = typeof topics === 'string' ? [topics] : topics;
  if (!Array.isArray(names) || names.length === 0)
    refuseArgument(source, 'topics', 'a topic or a list of at least one', topics);
  return [...new Set(names)].map((topic) => requireName(topic, 'topic'));
}

/** Names that others are made from are checked whole: `.` would be hidden by what follows it. */
export function requireNames(what: string, ...names: readonly (string | undefined)[]): void {
  for (const name of names) if (name !== undefined) requireName(name, what);
}

/** Options are objects, and a name alone is none: `{ name: 'a' }` is meant. What is left out is undefined, never null. */
export function requireOptions(where: string, ...options: readonly (object | undefined)[]): void {
  for (const given of options) {
    const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
    if (given !== undefined && !isObject) refuseArgument(where, 'what says the options', 'an object', given);
  }
}

/** What `Stores` makes; a name is none. */
export function isStoreBuilder(store: unknown): boolean {
  return typeof (store as { readonly spec?: unknown } | null | undefined)?.spec === 'function';
}

/** Throws MR_TOPOLOGY_ARGUMENT for what `Stores` has not made. */
export function requireStoreBuilder(store: unknown): void {
  if (!isStoreBuilder(store)) refuseArgument('a store', 'it', 'what Stores makes', store);
}

/** A whole number of at least 1, or nothing. */
export function requireCount(where: string, what: string, count: number | undefined): void {
  if (count !== undefined && !(Number.isSafeInteger(count) && count >= 1))
    refuseArgument(where, what, 'a whole number of at least 1', count);
}

export const emitStrategies = ['onWindowUpdate', 'onWindowClose'];

/** One of the words. */
export function requireWord(where: string, what: string, words: readonly string[], word: unknown): void {
  if (!words.includes(word as string)) refuseArgument(where, what, words.join(' or '), word);
}

/** Null: the configuration decides. */
export function requireOffsetReset(
  source: string,
  reset: Consumed<never, never>['offsetReset'],
): SourceNode['offsetReset'] {
  if (typeof reset === 'object' && reset !== null && 'byDuration' in reset)
    return { byDurationMs: durationMs(reset.byDuration) };
  if (reset === undefined) return null;
  requireWord(source, 'offsetReset', ['earliest', 'latest', 'none'], reset);
  return reset;
}

/** What came, without its content when that may be long. */
function kindOf(came: unknown): string {
  if (came === null || came === undefined || typeof came === 'number' || typeof came === 'boolean') return String(came);
  if (typeof came === 'string') return `'${came.slice(0, 40)}'`;
  if (typeof came === 'function') return 'a function';
  return Array.isArray(came) ? `a list of ${came.length}` : `a ${(came as object).constructor?.name ?? 'object'}`;
}
