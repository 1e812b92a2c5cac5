/** Windows of all kinds, their final results, and suppression. */
import type { Step } from '@millrace/app-goldens';
import type { Draw } from '../draw.ts';
import type { DrawnTopology } from '../fuzz-case.ts';
import { aggregation } from './aggregates.ts';
import { passingSteps } from './stateless.ts';

interface Window {
  readonly step: Readonly<Record<string, unknown>>;
  readonly sizeMs: number;
  readonly key: string;
  readonly merges: boolean;
}

function drawWindow(draw: Draw, graceMs: number): Window {
  const sizeMs = draw.pick([10, 15, 20]);
  const time = { sizeMs, key: `timeWindowed(string,${sizeMs})`, merges: false };
  switch (draw.int(0, 3)) {
    case 0:
      return { ...time, step: { type: 'tumbling', sizeMs, graceMs } };
    case 1:
      return { ...time, step: { type: 'hopping', sizeMs, advanceMs: 5, graceMs } };
    case 2:
      return { ...time, step: { type: 'sliding', diffMs: sizeMs, graceMs } };
    default:
      return {
        sizeMs,
        key: 'sessionWindowed(string)',
        merges: true,
        step: { type: 'session', gapMs: sizeMs, graceMs },
      };
  }
}

interface WindowedSteps {
  readonly steps: readonly Step[];
  readonly value: string;
  readonly window: Window;
}

/** From the stream `in` to the windowed table `t`. */
function windowed(draw: Draw, graceMs: number, emitsFinal: boolean): WindowedSteps {
  const window = drawWindow(draw, graceMs);
  const aggregate = aggregation(draw, emitsFinal ? 'f' : 'w', 't', 'st', window.merges);
  const mat = { ...(aggregate['mat'] as object), ...(emitsFinal ? { retentionMs: 100_000 } : {}) };
  const made = { ...aggregate, mat };
  const steps: Step[] = [
    { op: 'stream', topic: 'in', out: 's' },
    ...passingSteps(draw, 's', 's1'),
    { op: 'groupByKey', in: 's1', out: 'g', key: 'string', value: 'string' },
    { op: 'windowedBy', in: 'g', out: 'w', window: window.step },
    ...(emitsFinal ? [{ op: 'emitStrategy', in: 'w', out: 'f', strategy: 'onWindowClose' }] : []),
    made,
  ];
  return { steps, value: made.value, window };
}

function sink(from: string, { window, value }: WindowedSteps): Step[] {
  return [
    { op: 'toStream', in: from, out: 'ts' },
    { op: 'to', in: 'ts', topic: 'out', key: window.key, value },
  ];
}

/** Event time in which nothing is too late, and closing records that are no jump. */
function inputsWithin(draw: Draw, graceMs: number, disorderMs: number, sizeMs: number): DrawnTopology['inputs'] {
  const half = Math.max(sizeMs, Math.floor(graceMs / 2));
  const rounds = Math.ceil((sizeMs * 2 + graceMs) / half) + 1;
  return {
    topics: ['in'],
    disorderMs,
    stepMs: draw.pick([3, 8]),
    nullValues: 0.1,
    closeAfterMs: Array.from({ length: rounds }, (_, i) => half * (i + 1)),
  };
}

export function windowUpdates(draw: Draw): DrawnTopology {
  const isWide = draw.chance(0.6);
  const disorderMs = draw.chance(0.5) ? 0 : 20;
  const graceMs = isWide ? 100_000 : draw.int(0, 10);
  const made = windowed(draw, graceMs, false);
  const late = {
    dependsBecause: 'what is late depends on the stream time of a partition, and stores forget what has expired',
  };
  return {
    topology: [...made.steps, ...sink('t', made)],
    inputs: { ...inputsWithin(draw, 0, disorderMs, made.window.sizeMs) },
    claims: {
      cut: 'sequences',
      restart: 'sequences',
      cache: isWide ? 'contents' : late,
      partitions: isWide ? 'keySequences' : late,
    },
  };
}

export function finalResults(draw: Draw): DrawnTopology {
  const disorderMs = draw.chance(0.5) ? 0 : 20;
  const graceMs = disorderMs + draw.int(10, 20);
  // Without a record cache a window is lost when the stream time of its partition jumps past its retention.
  const made = windowed(draw, graceMs, true);
  return {
    topology: [...made.steps, ...sink('t', made)],
    // A final result has the headers of the record that closed it: in another partition that is another one.
    inputs: { ...inputsWithin(draw, graceMs, disorderMs, made.window.sizeMs), headers: false },
    claims: { cut: 'sequences', restart: 'sequences', cache: 'sets', partitions: 'sets' },
  };
}

export function suppressed(draw: Draw): DrawnTopology {
  const disorderMs = draw.chance(0.5) ? 0 : 20;
  const graceMs = disorderMs + draw.int(10, 20);
  const made = windowed(draw, graceMs, false);
  return {
    topology: [...made.steps, { op: 'suppress', in: 't', out: 'x', until: 'windowCloses' }, ...sink('x', made)],
    inputs: inputsWithin(draw, graceMs, disorderMs, made.window.sizeMs),
    claims: { cut: 'sequences', restart: 'sequences', cache: 'sets', partitions: 'sets' },
  };
}

export function heldBack(draw: Draw): DrawnTopology {
  const limitMs = draw.int(1, 30);
  const buffer = draw.pick([{ unbounded: true }, { maxRecords: 3, whenFull: 'emit' }]);
  return {
    topology: [
      { op: 'table', topic: 'in', out: 't' },
      { op: 'suppress', in: 't', out: 'x', until: 'timeLimit', limitMs, buffer },
      { op: 'toStream', in: 'x', out: 'ts' },
      { op: 'to', in: 'ts', topic: 'out' },
    ],
    inputs: { topics: ['in'], disorderMs: draw.pick([0, 20]), stepMs: 8, nullValues: 0.15, closeAfterMs: [100, 200] },
    claims: {
      cut: 'sequences',
      restart: 'sequences',
      cache: { dependsBecause: 'a buffer counts the updates that reach it, and a cache lets fewer through' },
      partitions: { dependsBecause: 'a buffer is emptied by the stream time of its partition' },
    },
  };
}
