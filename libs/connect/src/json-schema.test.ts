import { expect, test } from '@jest/globals';
import { jsonPosition } from './json-position.ts';
import { schemaFaults, type JsonSchema } from './json-schema.ts';

const problems = (schema: JsonSchema, value: unknown): string[] =>
  schemaFaults(schema, value).map(({ path, problem }) => `/${path.join('/')} ${problem}`);

test('a keyword that is not read is refused, so a schema never promises what nobody checks', () => {
  expect(() => schemaFaults({ multipleOf: 2 } as JsonSchema, 4)).toThrow(/multipleOf/);
});

test('types, bounds, lengths and members, every fault with its path', () => {
  const schema: JsonSchema = {
    type: 'object',
    required: ['a', 'b'],
    propertyNames: { type: 'string', pattern: '^[a-z]+$' },
    properties: {
      a: { type: 'integer', minimum: 1, maximum: 3 },
      l: { type: 'array', minItems: 2, items: { type: ['string', 'boolean', 'null'], minLength: 1 } },
    },
    additionalProperties: { type: 'number' },
  };
  expect(problems(schema, { a: 4, l: [1, '', null], X: 'y' })).toEqual([
    "/ has no 'b'",
    '/a is 4; expected 1 to 3',
    '/l/0 is 1; expected string or boolean or null',
    '/l/1 is empty',
    "/X is 'X', which does not fit ^[a-z]+$",
    "/X is 'y'; expected number",
  ]);
  expect(problems(schema, { a: 1.5, b: 0, l: [] })).toEqual(['/a is 1.5; expected integer', '/l is empty']);
  expect(problems(schema, [])).toEqual(['/ is a list; expected object']);
});

test('values are found in the text, past strings that look like structure', () => {
  const text = '{ "a\\"}": [1, {"x": "]}" , "y" :\n  [true]}],\n "b": 2 }';
  expect(jsonPosition(text, [])).toBe('1:1');
  expect(jsonPosition(text, ['a"}', 0])).toBe('1:12');
  expect(jsonPosition(text, ['a"}', 1, 'y'])).toBe('1:28');
  expect(jsonPosition(text, ['a"}', 1, 'y', 0])).toBe('2:4');
  expect(jsonPosition(text, ['b'])).toBe('3:2');
});
