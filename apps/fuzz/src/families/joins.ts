/** Joins of streams, tables and global tables. */
import type { Step } from '@millrace/app-goldens';
import type { Draw } from '../draw.ts';
import { plainInputs, type DrawnTopology } from '../fuzz-case.ts';

const sides: readonly Step[] = [
  { op: 'stream', topic: 'l', out: 'a' },
  { op: 'stream', topic: 'r', out: 'b' },
];
const tables: readonly Step[] = [
  { op: 'table', topic: 'l', out: 'a' },
  { op: 'table', topic: 'r', out: 'b' },
];
/** As in the JVM library. */
const stale = {
  dependsBecause:
    'a cache that overflows forwards a row that is joined with one the other cache still holds back; when that one goes before it was forwarded, nobody is told',
};
const strings = { key: 'string', value: 'string' };

export function streamJoins(draw: Draw): DrawnTopology {
  const disorderMs = draw.pick([0, 15]);
  const graceMs = disorderMs + draw.int(0, 10);
  const diffMs = draw.int(1, 12);
  const op = draw.pick(['join', 'leftJoin', 'outerJoin']);
  const isInner = op === 'join';
  const window = { diffMs, graceMs, ...(draw.chance(0.2) ? { beforeMs: draw.int(0, 5) } : {}) };
  const topology: Step[] = [
    ...sides,
    { op, in: 'a', other: 'b', out: 'j', joiner: 'withKey', window, joined: { ...strings, otherValue: 'string' } },
    { op: 'to', in: 'j', topic: 'out' },
  ];
  const alone = {
    dependsBecause: 'which record waits longest is not stored: a result without a partner may go out at another record',
  };
  return {
    topology,
    inputs: { topics: ['l', 'r'], disorderMs, stepMs: 6, nullValues: 0.1, closeAfterMs: [20, 40, 60, 80] },
    claims: {
      cut: 'sequences',
      restart: isInner ? 'sequences' : alone,
      cache: 'sequences',
      partitions: isInner
        ? 'keySequences'
        : { dependsBecause: 'what found no partner goes out by the stream time of its partition' },
    },
  };
}

export function streamTableJoins(draw: Draw): DrawnTopology {
  const isGlobal = draw.chance(0.3);
  const op = draw.pick(['join', 'leftJoin']);
  const topology: Step[] = [
    { op: 'stream', topic: 'l', out: 'a' },
    { op: isGlobal ? 'globalTable' : 'table', topic: 'r', out: 'b' },
    {
      op,
      in: 'a',
      other: 'b',
      out: 'j',
      joiner: 'withKey',
      ...(isGlobal ? { keyFn: draw.pick(['key', 'value']) } : {}),
    },
    { op: 'to', in: 'j', topic: 'out' },
  ];
  return {
    topology,
    inputs: plainInputs(draw, ['l', 'r']),
    claims: { cut: 'sequences', restart: 'sequences', cache: 'sets', partitions: 'keySequences' },
  };
}

export function tableJoins(draw: Draw): DrawnTopology {
  const topology: Step[] = [
    ...tables,
    {
      op: draw.pick(['join', 'leftJoin', 'outerJoin']),
      in: 'a',
      other: 'b',
      out: 'j',
      joiner: draw.pick(['concat', 'left', 'right', 'nullIfRight:s']),
      ...(draw.chance(0.5) ? { mat: { store: 'res', ...strings } } : {}),
    },
    ...(draw.chance(0.4)
      ? [
          {
            op: 'filter',
            in: 'j',
            out: 'f',
            pred: 'contains:p',
            ...(draw.chance(0.5) ? { mat: { store: 'flt', ...strings } } : {}),
          },
        ]
      : [{ op: 'mapValues', in: 'j', out: 'f', fn: 'upper' }]),
    { op: 'toStream', in: 'f', out: 'ts' },
    { op: 'to', in: 'ts', topic: 'out', ...strings },
  ];
  return {
    topology,
    inputs: plainInputs(draw, ['l', 'r']),
    claims: { cut: 'sequences', restart: 'sequences', cache: 'values', eviction: stale, partitions: 'keySequences' },
  };
}

export function foreignKeyJoins(draw: Draw): DrawnTopology {
  const topology: Step[] = [
    ...tables,
    {
      op: draw.pick(['fkJoin', 'fkLeftJoin']),
      in: 'a',
      other: 'b',
      out: 'j',
      fk: draw.pick(['firstChar', 'field:0', 'value', 'nullIf:s']),
      joiner: 'concat',
      ...(draw.chance(0.5) ? { mat: { store: 'res', ...strings } } : {}),
    },
    { op: 'toStream', in: 'j', out: 'ts' },
    { op: 'to', in: 'ts', topic: 'out', ...strings },
  ];
  return {
    topology,
    inputs: plainInputs(draw, ['l', 'r']),
    // A record that has changed before its answer comes tells no result in between.
    claims: { cut: 'values', restart: 'sequences', cache: 'values', eviction: stale, partitions: 'values' },
  };
}
