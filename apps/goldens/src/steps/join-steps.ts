/** Joins of streams: with streams, tables and global tables. */
import { GlobalKTable, JoinWindows, KStream, type Joined, type StreamJoined } from '@millrace/dsl';
import type { RunStep, Steps } from './step.ts';
import { joiner, keyValueFn } from '../case-functions.ts';
import { serdeOf, serdeOptions } from '../case-serdes.ts';
import type { Step } from '../golden-case.ts';
import { unversioned } from './materialized.ts';
import { notYet, optionsOf } from './step-options.ts';
import { consumed, type AnyStream } from './stream-steps.ts';

type Given = Readonly<Record<string, unknown>>;
type AnyJoin = (this: AnyStream, ...given: readonly unknown[]) => unknown;
type Kind = 'join' | 'leftJoin' | 'outerJoin';

export const joinSteps: Steps = {
  globalTable: (step, { builder, set }) => {
    const options = { ...optionsOf(step, ['name']), ...serdeOptions(step), ...consumed(step) };
    set(step.out, builder.globalTable(String(step['topic']), options, unversioned(step['mat'])));
  },
  join: joinStep('join'),
  leftJoin: joinStep('leftJoin'),
  outerJoin: joinStep('outerJoin'),
};

function joinStep(kind: Kind): RunStep {
  return (step, { get, set, config }) => {
    const stream = get(step.in) as AnyStream;
    const other = get(step.other);
    // One word for three overloads, which no type of the language joins.
    const call = (...given: readonly unknown[]): unknown => (stream[kind] as AnyJoin).apply(stream, [...given]);
    const made = joiner(String(step['joiner']));
    const join = (left: unknown, right: unknown, key: unknown): unknown => made(key, left, right);
    if (other instanceof KStream) {
      const options = streamJoined(step['joined'] as Given | undefined, config);
      set(step.out, call(other, join, windowsOf(step['window'] as Given), options));
      return;
    }
    if (kind === 'outerJoin') throw new Error('an outer join with a table');
    if (other instanceof GlobalKTable) {
      const selector = keyValueFn(String(step['keyFn']));
      set(step.out, call(other, selector, join, optionsOf(step, ['name'])));
      return;
    }
    set(step.out, call(other, join, tableJoined(step)));
  };
}

function windowsOf({ diffMs, graceMs, beforeMs, afterMs, oldApi }: Given): JoinWindows {
  const difference = Number(diffMs);
  let windows: JoinWindows;
  if (oldApi === true) {
    windows = JoinWindows.of(difference);
    if (graceMs !== undefined) windows = windows.grace(Number(graceMs));
  } else {
    windows = JoinWindows.ofTimeDifferenceAndGrace(difference, Number(graceMs ?? 0));
  }
  if (beforeMs !== undefined) windows = windows.before(Number(beforeMs));
  return afterMs === undefined ? windows : windows.after(Number(afterMs));
}

function streamJoined(
  joined: Given = {},
  config: Readonly<Record<string, string>>,
): StreamJoined<unknown, unknown, unknown> {
  const { logging, type } = joined;
  const isMemory = config['dsl.store.suppliers.class']?.endsWith('$InMemoryDslStoreSuppliers') === true;
  return {
    ...optionsOf(joined, ['name', 'storeName']),
    ...serdes(joined),
    inMemory: type === undefined ? isMemory : type === 'inMemory',
    ...(logging === undefined ? {} : { logging: logging !== false }),
    ...(typeof logging === 'object' && logging !== null ? { logConfig: logging as Record<string, string> } : {}),
  };
}

function tableJoined(step: Step): Joined<unknown, unknown, unknown> {
  const joined = (step['joined'] ?? {}) as Given;
  const { graceMs } = joined;
  if (step['joined'] === undefined) notYet(step, ['name', 'mat']);
  return {
    ...optionsOf(joined, ['name']),
    ...serdes(joined),
    ...(graceMs === undefined ? {} : { grace: Number(graceMs) }),
  };
}

function serdes(joined: Given): Pick<StreamJoined<unknown, unknown, unknown>, 'key' | 'value' | 'otherValue'> {
  const { otherValue } = joined;
  return { ...serdeOptions(joined), ...(typeof otherValue === 'string' ? { otherValue: serdeOf(otherValue) } : {}) };
}
