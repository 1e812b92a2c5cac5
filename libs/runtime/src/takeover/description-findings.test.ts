import { expect, test } from '@jest/globals';
import { descriptionFindings } from './description-findings.ts';

const text = `Topologies:
   Sub-topology: 0
    Source: KSTREAM-SOURCE-0000000000 (topics: [in])
      --> KSTREAM-FILTER-0000000001
    Processor: KSTREAM-FILTER-0000000001 (stores: [])
      --> KSTREAM-SINK-0000000002
      <-- KSTREAM-SOURCE-0000000000
    Sink: KSTREAM-SINK-0000000002 (topic: out)
      <-- KSTREAM-FILTER-0000000001

`;

test('equal texts fit, and so do the same lines in a log, with other line ends and blank lines', () => {
  const logged = `12:00 INFO starting\r\n${text.replaceAll('\n', '\r\n')}\r\n12:01 INFO State transition\r\n`;
  for (const theirs of [text, text.trimEnd(), logged])
    expect(descriptionFindings(theirs, text)).toEqual([
      { verdict: 'fits', about: 'topology', text: 'describe() is equal: 9 lines.' },
    ]);
});

test('lines that differ are shown with their numbers', () => {
  const [finding, ...more] = descriptionFindings(text.replace('topics: [in]', 'topics: [input]'), text);
  expect(more).toEqual([]);
  expect(finding).toMatchObject({
    verdict: 'differs',
    text: expect.stringContaining(
      '- 3:     Source: KSTREAM-SOURCE-0000000000 (topics: [input])\n  + 3:     Source: KSTREAM-SOURCE-0000000000 (topics: [in])',
    ),
    remedy: expect.stringContaining('Materialized.as'),
  });
});

const counting = (store: string): string =>
  text.replaceAll('FILTER', 'AGGREGATE').replace('stores: []', `stores: [KSTREAM-AGGREGATE-STATE-STORE-${store}]`);

test('where only running numbers differ, of stores too, the remedy says what that means', () => {
  const [finding] = descriptionFindings(counting('0000000001'), counting('0000000002'));
  expect(finding).toMatchObject({
    verdict: 'differs',
    text: expect.stringContaining(
      '\n  - stores: KSTREAM-AGGREGATE-STATE-STORE-0000000001\n  + stores: KSTREAM-AGGREGATE-STATE-STORE-0000000002\n',
    ),
    remedy: expect.stringContaining('Only the running numbers in generated names differ'),
  });
});

test('a join of Kafka Streams before 3.1 is told by the store that it lacks', () => {
  const joining = (stores: string): string =>
    text.replaceAll('FILTER', 'JOINTHIS').replace('stores: []', `stores: [${stores}]`);
  const [other, waiting] = ['KSTREAM-OUTEROTHER-0000000005-store', 'KSTREAM-OUTERSHARED-0000000004-store'];
  const [finding] = descriptionFindings(joining(other), joining(`${other}, ${waiting}`));
  expect(finding?.remedy).toContain('ofTimeDifferenceAndGrace');
  const [renamed] = descriptionFindings(joining('a-left-shared-join-store'), joining(waiting));
  expect(renamed?.remedy).not.toContain('ofTimeDifferenceAndGrace');
});

const second = text
  .replace('Topologies:\n   Sub-topology: 0', '  Sub-topology: 1')
  .replaceAll('000000000', '000000001')
  .replaceAll('[in]', '[in-2]')
  .replaceAll('topic: out', 'topic: out-2');

test('names of nodes and the order of sub-topologies hold nothing up, while stores and topics are the same', () => {
  const other = second.replace('Sub-topology: 1', 'Sub-topology: 0');
  const two = `${text.trimEnd()}\n\n${second}`;
  const turned = `Topologies:\n${other.trimEnd()}\n\n${text.replace('Topologies:\n   Sub-topology: 0', '  Sub-topology: 1')}`;
  for (const [theirs, ours] of [
    [text.replaceAll('KSTREAM-FILTER-0000000001', 'long-ones'), text],
    [turned, two],
  ] as const)
    expect(descriptionFindings(theirs, ours)).toMatchObject([
      { verdict: 'note', remedy: expect.stringContaining('the takeover is not held up') },
    ]);
  expect(descriptionFindings(two, text)).toMatchObject([{ verdict: 'differs' }]);
});

test('of a text that is quite another one not all is shown', () => {
  const long = `Topologies:\n  Sub-topology: 0\n${Array.from({ length: 60 }, (_, i) => `    Sink: s${i} (topic: t)`).join('\n')}`;
  expect(descriptionFindings(long, text)[0]?.text).toMatch(/and 43 more$/);
});

const colour = String.fromCharCode(27);

test.each([
  ['a time and a logger before each line', text.replaceAll(/^/gm, '2026-03-01 12:00:00,123 INFO  [main] App - ')],
  ['a container before each line, and tabs', text.replaceAll(/^ */gm, 'app-1  |\t')],
  ['one JSON string', `{"level":"info","message":${JSON.stringify(`started ${text}`)},"thread":"main"}`],
  ['a JSON string that escapes arrows', JSON.stringify(text).replaceAll('>', '\\u003e').replaceAll('<', '\\u003c')],
  ['colours', text.replaceAll(/^(.+)$/gm, `${colour}[32m$1${colour}[0m`)],
  ['lines of other threads between, with an arrow', text.replaceAll('\n', '\n12:00 INFO [t2] CREATED --> RUNNING\n')],
  ['no first line and no indentation', text.replace('Topologies:\n', '').replaceAll(/^ +/gm, '')],
  ['the same twice', `${text}\n12:01 restarted\n${text}`],
  ['old Mac line ends', text.replaceAll('\n', '\r')],
])('%s: it is read all the same', (_what, theirs) => {
  expect(descriptionFindings(theirs, text)).toEqual([
    { verdict: 'fits', about: 'topology', text: 'describe() is equal: 9 lines.' },
  ]);
});

test('of two descriptions the last one counts, and that is said', () => {
  expect(descriptionFindings(text.replace('[in]', '[old]') + text, text)).toMatchObject([
    { verdict: 'note', text: expect.stringContaining('the last one is compared') },
    { verdict: 'fits' },
  ]);
});

test('a text that is cut off is not compared', () => {
  expect(descriptionFindings(text.slice(0, text.indexOf('    Sink:')), text)).toMatchObject([
    { verdict: 'differs', text: expect.stringContaining('cut off: it names KSTREAM-SINK-0000000002') },
  ]);
});

test('a file without a description is refused', () => {
  expect(descriptionFindings(' \n', text)).toMatchObject([{ verdict: 'differs', text: 'The file is empty.' }]);
  expect(descriptionFindings('nothing of the kind', text)).toMatchObject([
    { verdict: 'differs', text: 'The file holds no describe() text.' },
  ]);
});
