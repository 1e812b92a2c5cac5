/** Steps without state, and the steps that stand before and behind everything else. */
import type { Step } from '@millrace/app-goldens';
import type { Draw } from '../draw.ts';
import { plainInputs, type DrawnTopology } from '../fuzz-case.ts';

const predicates = ['even', 'gt:2', 'valueNotNull', 'contains:r', 'keyIs:a'] as const;
const valueFunctions = ['upper', 'append:x', 'prepend:y', 'keyValue', 'nullIf:s', 'firstChar'] as const;

/** A value step from `from` to `to`. */
function valueStep(draw: Draw, from: string, to: string): Step {
  const kind = draw.int(0, 4);
  if (kind === 0) return { op: 'filter', in: from, out: to, pred: draw.pick(predicates) };
  if (kind === 1) return { op: 'filterNot', in: from, out: to, pred: draw.pick(predicates) };
  if (kind === 2) return { op: 'flatMapValues', in: from, out: to, fn: draw.pick(['twice', 'splitWords']) };
  if (kind === 3) return { op: 'peek', in: from, out: to };
  return { op: 'mapValues', in: from, out: to, fn: draw.pick(valueFunctions) };
}

/** A step that every record passes. */
function passingStep(draw: Draw, from: string, to: string): Step {
  if (draw.chance(0.4)) return { op: 'flatMapValues', in: from, out: to, fn: 'twice' };
  return { op: 'mapValues', in: from, out: to, fn: draw.pick(['upper', 'append:x', 'keyValue']) };
}

/** One of them, or nothing much. */
export function passingSteps(draw: Draw, from: string, to: string): Step[] {
  return [draw.chance(0.5) ? { op: 'peek', in: from, out: to } : passingStep(draw, from, to)];
}

/** A chain of value steps that ends in `to`. */
export function valueSteps(draw: Draw, from: string, to: string, most: number): Step[] {
  const count = draw.int(1, most);
  const name = (i: number): string => (i === 0 ? from : i === count ? to : `${to}-${i}`);
  return Array.from({ length: count }, (_, i) => valueStep(draw, name(i), name(i + 1)));
}

export function valuesOnly(draw: Draw): DrawnTopology {
  const [first, second] = ['in', 'other'] as const;
  const topology: Step[] = [
    { op: 'stream', topic: first, out: 's' },
    { op: 'stream', topic: second, out: 'o' },
    ...valueSteps(draw, 's', 's1', 3),
    { op: 'merge', in: 's1', other: 'o', out: 'm' },
    {
      op: 'split',
      in: 'm',
      branches: [
        { pred: draw.pick(predicates), out: 'b1', name: 'x' },
        { pred: draw.pick(predicates), out: 'b2', name: 'y' },
      ],
      default: { out: 'b3', name: 'z' },
    },
    ...valueSteps(draw, 'b1', 'e1', 2),
    { op: 'to', in: 'e1', topic: 'out1' },
    { op: 'to', in: 'b2', topic: 'out2' },
    { op: 'to', in: 'b3', topicFn: 'keyPrefix:out-' },
  ];
  return {
    topology,
    inputs: plainInputs(draw, [first, second]),
    claims: { cut: 'sequences', restart: 'sequences', cache: 'sequences', partitions: 'keySequences' },
  };
}

export function reKeyed(draw: Draw): DrawnTopology {
  const topology: Step[] = [
    { op: 'stream', topic: 'in', out: 's' },
    ...valueSteps(draw, 's', 's1', 2),
    draw.chance(0.5)
      ? { op: 'selectKey', in: 's1', out: 'k', fn: draw.pick(['value', 'const:x', 'keyAppend:z', 'nullIfKey:b']) }
      : { op: 'flatMap', in: 's1', out: 'k', fn: draw.pick(['swap', 'twice', 'splitWords', 'nullKey']) },
    ...(draw.chance(0.5)
      ? [{ op: 'repartition', in: 'k', out: 'r' }, ...valueSteps(draw, 'r', 'e', 2)]
      : [{ op: 'peek', in: 'k', out: 'e' }]),
    { op: 'to', in: 'e', topic: 'out' },
  ];
  return {
    topology,
    inputs: plainInputs(draw, ['in']),
    claims: { cut: 'sequences', restart: 'sequences', cache: 'sequences', partitions: 'sets' },
  };
}
