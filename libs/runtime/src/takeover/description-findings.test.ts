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

test('where only running numbers differ, the remedy says what that means', () => {
  const [finding] = descriptionFindings(text.replaceAll('0000000002', '0000000003'), text);
  expect(finding?.remedy).toContain('Only the running numbers in generated names differ');
});

test('of a text that is quite another one not all is shown', () => {
  const long = `Topologies:\n${Array.from({ length: 60 }, (_, i) => `    Sink: s${i} (topic: t)`).join('\n')}`;
  expect(descriptionFindings(long, text)[0]?.text).toMatch(/and 44 more$/);
});

test('a file without a description is refused', () => {
  expect(descriptionFindings('nothing of the kind', text)).toMatchObject([
    { verdict: 'differs', text: 'The file holds no describe() text.' },
  ]);
});
