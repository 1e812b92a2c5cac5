import { expect, test } from '@jest/globals';
import { millraceError } from '@millrace/base';
import { avro, json, type SchemaSource } from './index.ts';

interface Person {
  readonly name: string;
  readonly age: number;
  readonly nick?: string | null;
}

const schema = {
  type: 'record',
  name: 'Person',
  fields: [
    { name: 'name', type: 'string' },
    { name: 'age', type: 'long' },
  ],
};

/** A registry in a map; asks are counted. */
function source(): SchemaSource & { asked: number } {
  const schemas: string[] = [];
  return {
    asked: 0,
    schemaById(id) {
      this.asked++;
      const found = schemas[id - 1];
      return found === undefined
        ? Promise.reject(millraceError('MR_SERDE_UNKNOWN_SCHEMA', { serde: 'avro', topic: 't', id }))
        : Promise.resolve(found);
    },
    register: (_subject, text) =>
      Promise.resolve(schemas.includes(text) ? schemas.indexOf(text) + 1 : schemas.push(text)),
    idOf: (_subject, text) => Promise.resolve(schemas.includes(text) ? schemas.indexOf(text) + 1 : undefined),
    latest: () => Promise.resolve(undefined),
  };
}

test('a value goes through in the Confluent frame', async () => {
  const serde = avro<Person>({ schema });
  await serde.open?.({ topic: 't', isKey: false, registry: source() });
  const bytes = Buffer.from(serde.serialize('t', { name: 'ada', age: 36 }));
  expect(bytes.toString('hex')).toBe('0000000001' + '06616461' + '48');
  expect(serde.prepare?.('t', bytes)).toBeUndefined();
  expect(serde.deserialize('t', bytes)).toEqual({ name: 'ada', age: 36 });
});

test('a value larger than the first buffer goes through', async () => {
  const serde = avro<Person>({ schema, schemaId: 9 });
  const value = { name: 'x'.repeat(100_000), age: 1 };
  expect(serde.deserialize('t', Buffer.from(serde.serialize('t', value)))).toEqual(value);
});

test('another writer schema is fetched once and resolved', async () => {
  const registry = source();
  const newer = { ...schema, fields: [...schema.fields, { name: 'nick', type: ['null', 'string'], default: null }] };
  const writer = avro<Person>({ schema });
  const reader = avro<Person>({ schema: newer });
  await writer.open?.({ topic: 't', isKey: false, registry });
  await reader.open?.({ topic: 't', isKey: false, registry });
  const bytes = Buffer.from(writer.serialize('t', { name: 'ada', age: 36 }));
  await reader.prepare?.('t', bytes);
  expect(reader.prepare?.('t', bytes)).toBeUndefined();
  expect(registry.asked).toBe(1);
  expect(reader.deserialize('t', bytes)).toEqual({ name: 'ada', age: 36, nick: null });
});

test('an unknown id is the record’s fault, an absent registry the retry’s', async () => {
  const serde = avro<Person>({ schema });
  await serde.open?.({ topic: 't', isKey: false, registry: source() });
  const bytes = Buffer.from('000000006306616461' + '48', 'hex');
  await serde.prepare?.('t', bytes);
  expect(() => serde.deserialize('t', bytes)).toThrow(
    expect.objectContaining({ code: 'MR_SERDE_UNKNOWN_SCHEMA', severity: 'record' }),
  );
  const away = millraceError('MR_INVARIANT', { why: 'stands for a network error' });
  const lost = avro<Person>({ schema });
  await lost.open?.({ topic: 't', isKey: false, registry: { ...source(), schemaById: () => Promise.reject(away) } });
  await expect(lost.prepare?.('t', bytes)).rejects.toBe(away);
});

test.each([
  ['that is no schema', '{"type": "no-such-type"}', /unknown type/],
  ['that is no JSON', '{', /JSON/],
  ['that the values read here cannot come from', '"string"', /cannot/],
])('a registered schema %s is the record’s fault, with its id and why', async (_what, text, why) => {
  let asked = 0;
  const schemaById = async (): Promise<string> => {
    asked++;
    return text;
  };
  const serde = avro<Person>({ schema });
  await serde.open?.({ topic: 't', isKey: false, registry: { ...source(), schemaById } });
  const bytes = Buffer.from('000000006306616461' + '48', 'hex');
  await serde.prepare?.('t', bytes);
  for (const topic of ['t', 'other']) {
    expect(() => serde.deserialize(topic, bytes)).toThrow(
      expect.objectContaining({
        code: 'MR_SERDE_SCHEMA_UNUSABLE',
        severity: 'record',
        details: expect.objectContaining({ id: 99, topic, problem: expect.stringMatching(why) }),
      }),
    );
  }
  expect(serde.prepare?.('t', bytes)).toBeUndefined();
  expect(asked).toBe(1);
});

test.each([
  ['no frame', '06616461'],
  ['another magic byte', '010000000506616461' + '48'],
  ['too short', '0000000005066164'],
  ['bytes left over', '0000000005066164614800'],
  ['a negative length', '000000000505'],
])('%s is refused as unreadable', (_name, hex) => {
  const serde = avro<Person>({ schema, schemaId: 5 });
  expect(() => serde.deserialize('t', Buffer.from(hex, 'hex'))).toThrow(
    expect.objectContaining({ code: 'MR_SERDE_UNREADABLE' }),
  );
});

test('an array of a billion nulls in six bytes is refused before it is built', () => {
  const serde = avro<null[]>({ schema: { type: 'array', items: 'null' }, schemaId: 5 });
  expect(() => serde.deserialize('t', Buffer.from('0000000005' + '80a8d6b907' + '00', 'hex'))).toThrow(/more elements/);
  expect(serde.deserialize('t', Buffer.from('0000000005' + '06' + '00', 'hex'))).toEqual([null, null, null]);
});

test('JSON refuses what it cannot hold and what is not JSON', () => {
  expect(() => json<unknown>().serialize('t', undefined)).toThrow(
    expect.objectContaining({ code: 'MR_SERDE_UNSUITABLE' }),
  );
  expect(() => json<unknown>().serialize('t', 1n)).toThrow(expect.objectContaining({ code: 'MR_SERDE_UNSUITABLE' }));
  expect(() => json<unknown>().deserialize('t', Buffer.from('{'))).toThrow(
    expect.objectContaining({ code: 'MR_SERDE_UNREADABLE' }),
  );
});
