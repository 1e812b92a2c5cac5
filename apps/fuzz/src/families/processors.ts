/** Processors with stores of their own, and with punctuations. */
import type { Step } from '@millrace/app-goldens';
import type { Draw } from '../draw.ts';
import { plainInputs, type DrawnTopology } from '../fuzz-case.ts';

interface Kind {
  readonly store: Readonly<Record<string, unknown>>;
  readonly args: Readonly<Record<string, unknown>>;
  readonly fixed?: boolean;
}

const longs = { key: 'string', value: 'long' };
const strings = { key: 'string', value: 'string' };
const inMemoryWindows = { kind: 'persistentWindow', name: 'st', retentionMs: 100_000, windowMs: 10 };

const kinds: Readonly<Record<string, Kind>> = {
  dedupTtl: { store: { supplier: { kind: 'persistentKeyValue', name: 'st' }, ...longs }, args: { ttlMs: 10 } },
  countPerKey: { store: { supplier: { kind: 'persistentKeyValue', name: 'st' }, ...longs }, args: {}, fixed: true },
  putIfAbsent: { store: { supplier: { kind: 'inMemoryKeyValue', name: 'st' }, ...strings }, args: {} },
  timestampedWriter: {
    store: { kind: 'timestampedKeyValue', supplier: { kind: 'persistentTimestampedKeyValue', name: 'st' }, ...strings },
    args: {},
  },
  windowWriter: { store: { kind: 'window', supplier: inMemoryWindows, ...strings }, args: { lookbackMs: 20 } },
};

export function withStores(draw: Draw): DrawnTopology {
  const processor = draw.pick(Object.keys(kinds));
  const { store, args, fixed = false } = kinds[processor] as Kind;
  const caching = draw.chance(0.5) ? {} : { caching: draw.chance(0.5) };
  const topology: Step[] = [
    { op: 'addStateStore', ...store, ...caching },
    { op: 'stream', topic: 'in', out: 's' },
    {
      op: fixed ? 'processValues' : 'process',
      in: 's',
      out: 'p',
      processor,
      args: { store: 'st', ...args },
      stores: ['st'],
    },
    { op: 'to', in: 'p', topic: 'out' },
  ];
  return {
    topology,
    inputs: plainInputs(draw, ['in']),
    claims: { cut: 'sequences', restart: 'sequences', cache: 'sets', partitions: 'keySequences' },
  };
}

export function punctuated(draw: Draw): DrawnTopology {
  const args = { store: 'st', punctuation: 'streamTime', intervalMs: draw.int(3, 20), clear: draw.chance(0.7) };
  const topology: Step[] = [
    { op: 'addStateStore', supplier: { kind: 'persistentKeyValue', name: 'st' }, ...strings },
    { op: 'stream', topic: 'in', out: 's' },
    { op: 'process', in: 's', out: 'p', processor: 'bufferEmit', args, stores: ['st'] },
    { op: 'to', in: 'p', topic: 'out' },
  ];
  return {
    topology,
    inputs: plainInputs(draw, ['in']),
    claims: {
      cut: 'sequences',
      restart: { dependsBecause: 'punctuations are scheduled anew by each start of a processor' },
      cache: 'sequences',
      partitions: { dependsBecause: 'punctuations follow the stream time of their task' },
    },
  };
}
