import { expect, test } from '@jest/globals';
import { EmbeddedRegistry } from './embedded-registry.ts';

const record = (...fields: object[]): string => JSON.stringify({ type: 'record', name: 'Post', fields });
const id = { name: 'id', type: 'string' };
const lang = { name: 'lang', type: ['null', 'string'], default: null };
const user = { name: 'user', type: 'string' };

test('the same schema keeps its version and id, whatever its white space', () => {
  const registry = new EmbeddedRegistry();
  const first = registry.add('posts-value', record(id));
  expect(registry.add('posts-value', JSON.stringify(JSON.parse(record(id)), null, 2))).toEqual(first);
  expect(registry.add('copies-value', record(id))).toMatchObject({ version: 1, id: first.id });
  expect(registry.subjects()).toEqual(['copies-value', 'posts-value']);
});

test.each([
  ['BACKWARD', [id], [id, lang], true],
  ['BACKWARD', [id], [id, user], false],
  ['BACKWARD', [id, user], [id], true],
  ['FORWARD', [id], [id, user], true],
  ['FORWARD', [id, user], [id], false],
  ['FULL', [id], [id, lang], true],
  ['FULL', [id], [id, user], false],
  ['NONE', [id], [{ name: 'id', type: 'int' }], true],
])('%s: %j then %j fits: %s', (level, before, after, fits) => {
  const registry = new EmbeddedRegistry();
  registry.setLevel(level);
  registry.add('s', record(...before));
  const add = (): unknown => registry.add('s', record(...after));
  if (fits) expect(add()).toMatchObject({ version: 2 });
  else expect(add).toThrow(expect.objectContaining({ code: 'MR_REGISTRY_INCOMPATIBLE', severity: 'user' }));
});

test('transitive levels compare with every version, others with the last one', () => {
  const registry = new EmbeddedRegistry();
  registry.add('s', record(id, user));
  registry.add('s', record(id));
  const third = record(id, { name: 'user', type: 'int', default: 0 });
  expect(registry.check('s', third)).toBeUndefined();
  registry.setLevel('BACKWARD_TRANSITIVE', 's');
  expect(registry.check('s', third)).toMatch(/cannot read data of an old one/);
});

test('a soft delete keeps ids readable and version numbers used', () => {
  const registry = new EmbeddedRegistry();
  const first = registry.add('s', record(id));
  expect(() => registry.deleteSubject('s', true)).toThrow(expect.objectContaining({ code: 'MR_REGISTRY_REFUSED' }));
  expect(registry.deleteSubject('s')).toEqual([1]);
  expect(registry.schema(first.id)).toBe(record(id));
  expect(registry.subjects()).toEqual([]);
  expect(registry.add('s', record(user))).toMatchObject({ version: 2, id: 2 });
});

test('text that is no Avro schema is refused with its code', () => {
  const registry = new EmbeddedRegistry();
  for (const text of ['{', '{"type":"record"}', '"strange"']) {
    expect(() => registry.add('s', text)).toThrow(
      expect.objectContaining({
        code: 'MR_REGISTRY_REFUSED',
        details: expect.objectContaining({ errorCode: 42_201 }) as unknown,
      }),
    );
  }
});

test('as the port it tells unknown ids from everything else', async () => {
  const registry = new EmbeddedRegistry();
  await expect(registry.schemaById(7)).rejects.toMatchObject({
    code: 'MR_REGISTRY_SCHEMA_UNKNOWN',
    severity: 'record',
  });
  await expect(registry.latest('s')).resolves.toBeUndefined();
  expect(await registry.register('s', record(id))).toBe(1);
  await expect(registry.latest('s')).resolves.toMatchObject({ id: 1, version: 1, schema: record(id) });
});
