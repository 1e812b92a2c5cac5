import { expect, test } from '@jest/globals';
import { describe } from '@millrace/topology';
import { StreamsBuilder } from './index.ts';
import { printing } from './printed.ts';

test('a record is a line with a label, as the JVM library prints it', () => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  printing<string | null, number>('KSTREAM-SOURCE-0000000000', { write })('a', 1);
  printing<string | null, number>('n', { label: 'words', write })(null, 2);
  printing<string, number>('n', { label: 'words', mapper: (key, value) => `${key} has ${value}`, write })('b', 3);
  expect(lines).toEqual(['[KSTREAM-SOURCE-0000000000]: a, 1', '[words]: null, 2', '[words]: b has 3']);
});

test('printing is a node of its own', () => {
  const builder = new StreamsBuilder();
  const stream = builder.stream('in');
  stream.print();
  stream.print({ name: 'shown' });
  expect(describe(builder.build().topology)).toContain('--> KSTREAM-PRINTER-0000000001, shown');
});
