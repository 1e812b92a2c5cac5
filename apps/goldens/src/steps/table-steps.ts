/** Steps of tables. Words that streams have too come here when what they start from is a table. */
import { KGroupedTable, KTable } from '@millrace/dsl';
import type { RunStep, StepScope, Steps } from './step.ts';
import type { Step } from '../golden-case.ts';
import { aggregator, initializer, joiner, keyValueFn, predicate, reducer } from '../case-functions.ts';
import { serdeOptions } from '../case-serdes.ts';
import { materialized } from './materialized.ts';
import { optionsOf } from './step-options.ts';
import { consumed, type AnyStream } from './stream-steps.ts';

export type AnyTable = KTable<unknown, unknown>;
type AnyGroupedTable = KGroupedTable<unknown, unknown>;

export const tableSteps: Steps = {
  table: (step, { builder, set }) => {
    const options = { ...optionsOf(step, ['name']), ...serdeOptions(step), ...consumed(step) };
    set(step.out, builder.table(String(step['topic']), options, materialized(step['mat'])));
  },
  toStream: (step, { get, set }) => {
    const from = get(step.in) as AnyTable;
    const named = optionsOf(step, ['name']);
    const { fn } = step;
    set(step.out, fn === undefined ? from.toStream(named) : from.toStream(keyValueFn(String(fn)), named));
  },
  fkJoin: (step, scope) => foreignKeyJoin(step, scope, 'joinOnForeignKey'),
  fkLeftJoin: (step, scope) => foreignKeyJoin(step, scope, 'leftJoinOnForeignKey'),
  suppress: (step, { get, set }) => {
    set(step.out, (get(step.in) as AnyTable).suppress(suppressed(step)));
  },
  toTable: (step, { get, set }) => {
    set(step.out, (get(step.in) as AnyStream).toTable(materialized(step['mat']), optionsOf(step, ['name'])));
  },
};

function foreignKeyJoin(step: Step, { get, set }: StepScope, join: 'joinOnForeignKey' | 'leftJoinOnForeignKey'): void {
  const foreignKey = keyValueFn(String(step['fk']));
  const joined = joiner(String(step['joiner']));
  const [from, other] = [get(step.in) as AnyTable, get(step.other) as AnyTable];
  const made = from[join](
    other,
    (value, key) => foreignKey(key, value),
    (left, right) => joined(null, left, right),
    optionsOf(step, ['name']),
    materialized(step['mat']),
  );
  set(step.out, made);
}

/** `suppress` of a step as the DSL has it. */
function suppressed(step: Step): never {
  const { until, limitMs, buffer = {} } = step;
  const { logging, maxRecords, maxBytes, whenFull } = buffer as Readonly<Record<string, unknown>>;
  const limits = {
    ...optionsOf({ maxRecords, maxBytes, whenFull }, ['maxRecords', 'maxBytes', 'whenFull']),
    ...(logging === undefined ? {} : { logging: logging !== false }),
    ...(typeof logging === 'object' && logging !== null ? { logConfig: logging } : {}),
  };
  const limit = limitMs === undefined ? {} : { timeLimit: Number(limitMs) };
  return { until, ...limit, ...optionsOf(step, ['name']), buffer: limits } as never;
}

/** Steps whose words streams have too, for tables. */
const forTables: Record<string, RunStep> = {
  filter: (step, { get, set }) => {
    const from = get(step.in) as AnyTable;
    set(step.out, from.filter(predicate(String(step['pred'])), optionsOf(step, ['name']), materializedIf(step['mat'])));
  },
  filterNot: (step, { get, set }) => {
    const from = get(step.in) as AnyTable;
    const keep = predicate(String(step['pred']));
    set(step.out, from.filterNot(keep, optionsOf(step, ['name']), materializedIf(step['mat'])));
  },
  groupBy: (step, { get, set }) => {
    const key = keyValueFn(String(step['keyFn']));
    const value = keyValueFn(String(step['valueFn']));
    const options = { ...optionsOf(step, ['name']), ...serdeOptions(step) };
    set(
      step.out,
      (get(step.in) as AnyTable).groupBy((k, v) => [key(k, v), value(k, v)], options),
    );
  },
  mapValues: (step, { get, set }) => {
    const fn = keyValueFn(String(step['fn']));
    const from = get(step.in) as AnyTable;
    const made = from.mapValues((v, k) => fn(k, v), optionsOf(step, ['name']), materializedIf(step['mat']));
    set(step.out, made);
  },
};
/** Aggregations of grouped tables. */
const forGroupedTables: Steps = {
  count: (step, { get, set }) => {
    const from = get(step.in) as AnyGroupedTable;
    set(step.out, from.count(materialized(step['mat']) as never, optionsOf(step, ['name'])));
  },
  reduce: (step, { get, set }) => {
    const [add, subtract] = [reducer(String(step['fn'])), reducer(String(step['sub']))];
    const named = step['mat'] === undefined ? {} : optionsOf(step, ['name']);
    set(step.out, (get(step.in) as AnyGroupedTable).reduce(add, subtract, materialized(step['mat']), named));
  },
  aggregate: (step, { get, set }) => {
    const [add, subtract] = [aggregator(String(step['fn'])), aggregator(String(step['sub']))];
    const from = get(step.in) as AnyGroupedTable;
    const init = initializer(String(step['init']));
    set(step.out, from.aggregate(init, add, subtract, materialized(step['mat']), optionsOf(step, ['name'])));
  },
};

for (const op of ['join', 'leftJoin', 'outerJoin'] as const) forTables[op] = joinStep(op);

function joinStep(op: 'join' | 'leftJoin' | 'outerJoin'): RunStep {
  return (step, { get, set }) => {
    const joined = joiner(String(step['joiner']));
    const apply = (left: unknown, right: unknown): unknown => joined(null, left, right);
    const [from, other] = [get(step.in) as AnyTable, get(step.other) as AnyTable];
    set(step.out, from[op](other, apply, optionsOf(step, ['name']), materializedIf(step['mat'])));
  };
}

/** Steps of streams and tables as one: by what they start from. */
export function withTables(steps: Steps): Steps {
  const ops = new Set([...Object.keys(forTables), ...Object.keys(forGroupedTables)]);
  const both = [...ops].map((op): [string, RunStep] => [
    op,
    (step, scope) => {
      const from = scope.get(step.in);
      const own = from instanceof KTable ? forTables : from instanceof KGroupedTable ? forGroupedTables : steps;
      const run = own[op];
      if (run === undefined) throw new Error(`the step ${op} is not known yet here`);
      run(step, scope);
    },
  ]);
  return { ...steps, ...Object.fromEntries(both) };
}

function materializedIf(mat: unknown): ReturnType<typeof materialized> | undefined {
  return mat === undefined ? undefined : materialized(mat);
}
