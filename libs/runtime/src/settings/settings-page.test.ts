import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { settingRows } from './config.ts';

const page = path.join(import.meta.dirname, '../../../../docs/settings.md');
const introduction = `# Settings

Each setting has three spellings: the JVM library's property name, a name in code, and a name in the environment (containers). Code takes the first two:
\`new KafkaStreams(program, { applicationId: 'app', 'commit.interval.ms': 500 })\`. Times are milliseconds or text such as \`'30s'\`. The JVM library's prefixes
(\`consumer.\`, \`main.consumer.\`, \`restore.consumer.\`, \`producer.\`, \`admin.\`) may stand in front of client settings, \`topic.*\` goes to internal topics. Names that are not
known are warned about with the nearest known one; all faults are told at once (MR_CONFIG_INVALID), and nothing is started then.

This page is written from \`libs/runtime/src/settings/settings-table.ts\`; a test holds both in step.

| property | code | expected | default | what it does |
|---|---|---|---|---|
`;

test('docs/settings.md is in step with the table of settings (UPDATE=1 writes it anew)', () => {
  const rows = settingRows().map(
    ({ name, code, expected, fallback, doc }) =>
      `| \`${name}\` | \`${code}\` | ${cell(expected)} | ${cell(fallback)} | ${cell(doc)} |\n`,
  );
  const wanted = introduction + rows.join('');
  if (process.env['UPDATE'] === '1') writeFileSync(page, wanted);
  expect(readFileSync(page, 'utf8')).toBe(wanted);
});

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
