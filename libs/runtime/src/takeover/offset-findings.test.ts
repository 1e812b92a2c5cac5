import { expect, test } from '@jest/globals';
import { encodeOffsetMetadata } from '../task/offset-metadata.ts';
import { nameOf } from './cluster-looks.ts';
import { offsetFindings, type OffsetFacts } from './offset-findings.ts';

const inputs = [0, 1].map((partition) => ({ topic: 'in', partition }));
const committed = (changes: object = {}) =>
  inputs.map((one, i) => ({ ...one, offset: 5, metadata: encodeOffsetMetadata(1_000), ...(i === 1 ? changes : {}) }));

function facts(changes: Partial<OffsetFacts> = {}): OffsetFacts {
  const logs = new Map(inputs.map((one) => [nameOf(one), { first: 0, end: 9 }]));
  return {
    applicationId: 'app',
    kept: false,
    committed: committed(),
    inputs,
    logs,
    stores: new Set(['counts']),
    ...changes,
  };
}

const faultsOf = (given: OffsetFacts) => offsetFindings(given).filter(({ verdict }) => verdict !== 'fits');

test('offsets within their logs, with the event time, fit', () => {
  expect(offsetFindings(facts())).toEqual([
    {
      verdict: 'fits',
      about: 'offsets',
      text: '2 of 2 input partitions have committed offsets; 2 of them tell the event time.',
    },
  ]);
  // A task that has read nothing knows of no time.
  expect(faultsOf(facts({ committed: committed({ metadata: encodeOffsetMetadata(-1) }) }))).toEqual([]);
  // Of Kafka Streams before 3.5, and of a task of it that has read nothing.
  for (const metadata of ['AQAAAAAAAAPo', 'Af//////////'])
    expect(faultsOf(facts({ committed: committed({ metadata }) }))).toEqual([]);
});

test('a group without offsets is told, and is a fault where changelogs hold something', () => {
  expect(offsetFindings(facts({ committed: [] }))).toMatchObject([{ verdict: 'note' }]);
  expect(offsetFindings(facts({ committed: [], kept: true }))).toMatchObject([
    {
      verdict: 'differs',
      text: expect.stringContaining('changelogs hold records'),
      remedy: expect.stringContaining('--group app --reset-offsets'),
    },
  ]);
});

test.each([
  [{ offset: 12 }, 'differs', /in-1 is committed at 12, but ends at 9/],
  [{ metadata: '' }, 'note', /in-1: the offset has no metadata/],
  [{ metadata: 'by hand' }, 'note', /'by hand' is none of Kafka Streams/],
  [{ metadata: 'consumer-host-1234' }, 'note', /is none of Kafka Streams/],
  [{ metadata: 'AwAAAAAAAAPoAAAA' }, 'note', /is of version 3, which is not known here/],
  [{ metadata: encodeOffsetMetadata(1, [['sums', 7]]) }, 'differs', /final results of store sums/],
  [{ topic: 'elsewhere' }, 'differs', /Offsets are committed for elsewhere, which/],
])('%j', (changes, verdict, text) => {
  expect(faultsOf(facts({ committed: committed(changes) }))[0]).toMatchObject({
    verdict,
    text: expect.stringMatching(text),
  });
});

test('records that were deleted before they were processed', () => {
  const logs = new Map([...facts().logs, ['in-0', { first: 7, end: 9 }]]);
  expect(faultsOf(facts({ logs }))).toMatchObject([
    { verdict: 'differs', text: expect.stringContaining('2 records were deleted') },
  ]);
});

test('an input with records, but without an offset', () => {
  const [first] = committed();
  expect(faultsOf(facts({ committed: first === undefined ? [] : [first] }))).toMatchObject([
    { verdict: 'note', text: expect.stringContaining('in-1 has 9 records and no committed offset') },
  ]);
});

test('progress under the name of a store that is there', () => {
  expect(faultsOf(facts({ committed: committed({ metadata: encodeOffsetMetadata(1, [['counts', 7]]) }) }))).toEqual([]);
});
