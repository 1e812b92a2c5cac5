/** Aggregations against what Kafka Streams 4.3.1 did with the same topology and the same records: bytes, order, timestamps, drops, metadata. */
import { expect, test } from '@jest/globals';
import {
  StreamsBuilder,
  TimeWindows,
  type KGroupedStream,
  type KStream,
  type KTable,
  type Materialized,
} from '@millrace/dsl';
import { Serdes, timeWindowed, type Serde } from '@millrace/serde';
import type { Program } from '@millrace/topology';
import { readFileSync } from 'node:fs';
import { batch, commit, drain, run } from './testdata/task-harness.ts';

interface Step {
  readonly op: string;
  readonly topic?: string;
  readonly key?: string;
  readonly value?: string;
  readonly fn?: string;
  readonly init?: string;
  readonly strategy?: 'onWindowClose' | 'onWindowUpdate';
  readonly window?: { readonly sizeMs: number; readonly advanceMs?: number; readonly graceMs?: number };
  readonly mat?: {
    readonly store?: string;
    readonly key?: string;
    readonly value?: string;
    readonly caching?: boolean;
    readonly logging?: boolean;
    readonly retentionMs?: number;
  };
}

interface Golden {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
  readonly manualCommit: boolean;
  readonly topology: readonly Step[];
  readonly inputs: readonly (
    | { readonly topic: string; readonly keyHex: string | null; readonly valueHex: string | null; readonly ts: number }
    | { readonly advanceWallClockMs: number }
    | { readonly commit: true }
  )[];
  readonly written: readonly {
    readonly step: number;
    readonly topic: string;
    readonly key: string | null;
    readonly value: string | null;
    readonly timestamp: number;
  }[];
  readonly dropped: number;
  readonly metadata: string | null;
}

const goldens = JSON.parse(
  readFileSync(new URL('./testdata/aggregation-goldens.json', import.meta.url), 'utf8'),
) as readonly Golden[];

function serdeOf(name: string | undefined): Serde<any> | undefined {
  const windowed = /^timeWindowed\((.+),(\d+)\)$/.exec(name ?? '');
  if (windowed !== null) return timeWindowed(serdeOf(windowed[1]) as Serde<any>, Number(windowed[2]));
  return name === undefined ? undefined : name === 'long' ? Serdes.long() : Serdes.string();
}

const serdes = (key: string | undefined, value: string | undefined): { key?: Serde<any>; value?: Serde<any> } => {
  const [keySerde, valueSerde] = [serdeOf(key), serdeOf(value)];
  return { ...(keySerde ? { key: keySerde } : {}), ...(valueSerde ? { value: valueSerde } : {}) };
};

const text = (value: unknown): string => (value === null ? 'null' : String(value));

const aggregators: Readonly<Record<string, (key: any, value: any, aggregate: any) => any>> = {
  concat: (_key, value, aggregate) => (aggregate ?? '') + text(value),
  last: (_key, value) => value,
  'nullOn:del': (_key, value, aggregate) => (value === 'del' ? null : (aggregate ?? '') + text(value)),
};

const reducers: Readonly<Record<string, (aggregate: any, value: any) => any>> = {
  concat: (aggregate, value) => text(aggregate) + text(value),
  sum: (aggregate, value) => aggregate + value,
  'nullOn:del': (aggregate, value) => (value === 'del' ? null : text(aggregate) + text(value)),
};

function materialized({ mat }: Step): Materialized<any, any> {
  if (mat === undefined) return {};
  const { store, caching, logging, retentionMs } = mat;
  return {
    ...serdes(mat.key, mat.value),
    ...(store === undefined ? {} : { name: store }),
    ...(caching === undefined ? {} : { caching }),
    ...(logging === undefined ? {} : { logging }),
    ...(retentionMs === undefined ? {} : { retention: retentionMs }),
  };
}

function aggregated(
  grouped: Pick<KGroupedStream<any, any>, 'count' | 'reduce' | 'aggregate'>,
  step: Step,
): KTable<any, any> {
  const options = step.mat === undefined ? undefined : materialized(step);
  if (step.op === 'count') return grouped.count(options) as KTable<any, any>;
  if (step.op === 'reduce') return grouped.reduce(reducers[step.fn ?? ''] as never, options) as KTable<any, any>;
  const initial = step.init === 'empty' ? '' : null;
  return grouped.aggregate(() => initial as any, aggregators[step.fn ?? ''] as never, options) as KTable<any, any>;
}

function programOf(steps: readonly Step[]): Program {
  const builder = new StreamsBuilder();
  let at: any;
  for (const step of steps) {
    if (step.op === 'stream') at = builder.stream(step.topic ?? '', serdes(step.key, step.value));
    else if (step.op === 'groupByKey') at = (at as KStream<any, any>).groupByKey(serdes(step.key, step.value));
    else if (step.op === 'windowedBy') {
      const { sizeMs, advanceMs, graceMs } = step.window ?? { sizeMs: 0 };
      const windows = TimeWindows.ofSizeAndGrace(sizeMs, graceMs ?? 0);
      at = at.windowedBy(advanceMs === undefined ? windows : windows.advanceBy(advanceMs));
    } else if (step.op === 'emitStrategy') at = at.emitStrategy(step.strategy);
    else if (step.op === 'toStream') at = at.toStream();
    else if (step.op === 'to') at.to(step.topic, serdes(step.key, step.value));
    else at = aggregated(at, step);
  }
  return builder.build();
}

function uncached(program: Program): Program {
  const stores = program.topology.stores.map((store) => ({ ...store, caching: false }));
  return { ...program, topology: { ...program.topology, stores } };
}

const bytes = (hex: string | null): Buffer | null => (hex === null ? null : Buffer.from(hex, 'hex'));

test.each(goldens)('$name', async ({ config, manualCommit, topology, inputs, written, dropped, metadata }) => {
  const program = programOf(topology);
  const emitIntervalMs = Number(config['__emit.interval.ms.kstreams.windowed.aggregation__'] ?? 0);
  const one = await run(config['statestore.cache.max.bytes'] === '0' ? uncached(program) : program, {
    task: { emitIntervalMs },
  });
  const steps: number[] = [];
  for (const [step, input] of inputs.entries()) {
    if ('advanceWallClockMs' in input) one.clock.timeMs += input.advanceWallClockMs;
    if ('topic' in input) {
      one.task.accept(batch(input.topic, step, [[bytes(input.keyHex), bytes(input.valueHex), input.ts]]));
      await drain(one.task, 1);
    }
    if (!manualCommit || 'commit' in input) await commit(one.task);
    while (steps.length < one.written.length) steps.push(step);
  }
  const seen = one.written.map((record, i) => ({
    ...record,
    step: steps[i],
    key: Buffer.from(record.key, 'latin1').toString('hex'),
  }));
  expect(seen).toEqual(written);
  expect([...one.metrics.droppedBy.values()].reduce((sum, count) => sum + count, 0)).toBe(dropped);
  if (metadata !== null) expect(one.task.offsets()[0]?.metadata).toBe(metadata);
});
