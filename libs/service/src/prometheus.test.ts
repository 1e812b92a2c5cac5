import { expect, test } from '@jest/globals';
import { prometheusText } from './prometheus.ts';

test('a family is written with help, type and escaped labels', () => {
  const text = prometheusText([
    {
      name: 'millrace_records_total',
      help: 'Records processed.',
      type: 'counter',
      samples: [{ labels: { topic: 'a"b\\c\n' }, value: 3 }, { value: Infinity }],
    },
  ]);
  expect(text).toBe(
    '# HELP millrace_records_total Records processed.\n# TYPE millrace_records_total counter\n' +
      'millrace_records_total{topic="a\\"b\\\\c\\n"} 3\nmillrace_records_total +Inf\n',
  );
});
