import { expect, test } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { connectorSchema } from './config-schema.ts';

const file = path.join(import.meta.dirname, '../../../schemas/config/connector.schema.json');

test('schemas/config/connector.schema.json is the schema that configurations are checked against (UPDATE=1 writes it anew)', () => {
  const printed = `${JSON.stringify(connectorSchema, null, 2)}\n`;
  if (process.env['UPDATE'] === '1') writeFileSync(file, printed);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(printed));
});
