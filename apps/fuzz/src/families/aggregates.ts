/** Streams grouped and aggregated without windows, cogroups, and tables grouped anew. */
import type { Step } from '@millrace/app-goldens';
import type { Draw } from '../draw.ts';
import { plainInputs, type DrawnTopology } from '../fuzz-case.ts';
import { valueSteps } from './stateless.ts';

/** An aggregation of a grouped or windowed stream; `value` is the serde of its result. */
export function aggregation(
  draw: Draw,
  from: string,
  to: string,
  store: string,
  merges = false,
): Step & { value: string } {
  const mat = { store, ...(draw.chance(0.2) ? { type: 'inMemory' } : {}) };
  const kind = draw.int(0, 3);
  if (kind === 0) return { op: 'count', in: from, out: to, mat, value: 'long' };
  if (kind === 1)
    return { op: 'reduce', in: from, out: to, fn: draw.pick(['concat', 'max', 'last']), mat, value: 'string' };
  const isSum = kind === 2;
  return {
    op: 'aggregate',
    in: from,
    out: to,
    init: isSum ? 'zero' : 'empty',
    fn: isSum ? 'sum' : draw.pick(['concat', 'nullOn:r', 'concatKey']),
    ...(merges ? { merger: isSum ? 'sum' : 'concat' } : {}),
    mat: { ...mat, value: isSum ? 'long' : 'string' },
    value: isSum ? 'long' : 'string',
  };
}

export function byKey(draw: Draw): DrawnTopology {
  const made = aggregation(draw, 'g', 't', 'st');
  const topology: Step[] = [
    { op: 'stream', topic: 'in', out: 's' },
    ...valueSteps(draw, 's', 's1', 2),
    { op: 'groupByKey', in: 's1', out: 'g', key: 'string', value: 'string' },
    made,
    { op: 'toStream', in: 't', out: 'ts' },
    { op: 'to', in: 'ts', topic: 'out', key: 'string', value: made.value },
  ];
  return {
    topology,
    inputs: plainInputs(draw, ['in']),
    claims: { cut: 'sequences', restart: 'sequences', cache: 'contents', partitions: 'keySequences' },
  };
}

export function byNewKey(draw: Draw): DrawnTopology {
  const isCount = draw.chance(0.5);
  const topology: Step[] = [
    { op: 'stream', topic: 'in', out: 's' },
    {
      op: 'groupBy',
      in: 's',
      out: 'g',
      fn: draw.pick(['value', 'const:k', 'firstChar']),
      key: 'string',
      value: 'string',
    },
    isCount
      ? { op: 'count', in: 'g', out: 't', mat: { store: 'st' } }
      : {
          op: 'aggregate',
          in: 'g',
          out: 't',
          init: 'zero',
          fn: draw.pick(['sum', 'max']),
          mat: { store: 'st', value: 'long' },
        },
    { op: 'toStream', in: 't', out: 'ts' },
    { op: 'to', in: 'ts', topic: 'out', key: 'string', value: 'long' },
  ];
  return {
    topology,
    inputs: { ...plainInputs(draw, ['in']), numeric: draw.chance(0.5) },
    claims: { cut: 'sequences', restart: 'sequences', cache: 'contents', partitions: 'contents' },
  };
}

export function tableGrouped(draw: Draw): DrawnTopology {
  const isCount = draw.chance(0.5);
  const topology: Step[] = [
    { op: 'table', topic: 'in', out: 't', ...(draw.chance(0.5) ? { mat: { store: 'src' } } : {}) },
    ...(draw.chance(0.5)
      ? [{ op: 'filter', in: 't', out: 'f', pred: 'gt:0' }]
      : [{ op: 'mapValues', in: 't', out: 'f', fn: 'value' }]),
    {
      op: 'groupBy',
      in: 'f',
      out: 'g',
      keyFn: draw.pick(['firstChar', 'value', 'const:k']),
      valueFn: 'value',
      key: 'string',
      value: 'string',
    },
    isCount
      ? { op: 'count', in: 'g', out: 'a', mat: { store: 'agg' } }
      : {
          op: 'aggregate',
          in: 'g',
          out: 'a',
          init: 'zero',
          fn: 'sum',
          sub: 'sub',
          mat: { store: 'agg', value: 'long' },
        },
    { op: 'toStream', in: 'a', out: 'as' },
    { op: 'to', in: 'as', topic: 'out', key: 'string', value: 'long' },
  ];
  return {
    topology,
    inputs: { ...plainInputs(draw, ['in']), numeric: true },
    // A result has the time of the last update that reached it, and what came and went between two commits was never there.
    claims: { cut: 'sequences', restart: 'sequences', cache: 'values', partitions: 'values' },
  };
}

export function cogrouped(draw: Draw): DrawnTopology {
  const topology: Step[] = [
    { op: 'stream', topic: 'l', out: 's1' },
    { op: 'stream', topic: 'r', out: 's2' },
    { op: 'groupByKey', in: 's1', out: 'g1', key: 'string', value: 'string' },
    { op: 'groupByKey', in: 's2', out: 'g2', key: 'string', value: 'string' },
    { op: 'cogroup', in: 'g1', out: 'c1', fn: 'concat' },
    { op: 'cogroup', in: 'c1', other: 'g2', out: 'c2', fn: draw.pick(['concat', 'concatKey', 'last']) },
    { op: 'aggregate', in: 'c2', out: 't', init: 'empty', mat: { store: 'cg', key: 'string', value: 'string' } },
    { op: 'toStream', in: 't', out: 'ts' },
    { op: 'to', in: 'ts', topic: 'out' },
  ];
  return {
    topology,
    inputs: plainInputs(draw, ['l', 'r']),
    claims: { cut: 'sequences', restart: 'sequences', cache: 'contents', partitions: 'keySequences' },
  };
}
