/** Which subject and which schema a topic is written with. */
import { describe, expect, test } from '@jest/globals';
import { Serdes, avro, type SchemaSource, type SubjectNameStrategy } from './index.ts';

const schema = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [{ name: 'item', type: 'string' }],
};
const newer = { ...schema, fields: [...schema.fields, { name: 'note', type: ['null', 'string'], default: null }] };

/** Subjects with their schemas; ids count up from 1, over all of them. */
function registryOf(subjects: Record<string, object[]> = {}): SchemaSource & { readonly registered: string[] } {
  const texts = Object.values(subjects).flatMap((list) => list.map((one) => JSON.stringify(one)));
  const idOf = (text: string): number => (texts.includes(text) ? texts.indexOf(text) + 1 : texts.push(text));
  const registered: string[] = [];
  return {
    registered,
    schemaById: (id) => Promise.resolve(texts[id - 1] ?? ''),
    register: (subject, text) => {
      registered.push(subject);
      return Promise.resolve(idOf(text));
    },
    idOf: (subject, text) => {
      const isThere = (subjects[subject] ?? []).some((one) => JSON.stringify(one) === text);
      return Promise.resolve(isThere ? idOf(text) : undefined);
    },
    latest: (subject) => {
      const text = JSON.stringify((subjects[subject] ?? []).at(-1));
      return Promise.resolve(text === undefined ? undefined : { id: idOf(text), version: 1, schema: text });
    },
  };
}

test.each<[string, SubjectNameStrategy | undefined, boolean, string]>([
  ['the topic, by default', undefined, false, 'orders-value'],
  ['the topic, for keys', 'topicName', true, 'orders-key'],
  ['the record', 'recordName', false, 'shop.Order'],
  ['topic and record', 'topicRecordName', true, 'orders-shop.Order'],
  ['a function', (topic, isKey, record) => `${record}/${topic}/${isKey}`, false, 'shop.Order/orders/false'],
])('a subject is named after %s', async (_name, strategy, isKey, subject) => {
  const registry = registryOf();
  const serde = avro({ schema, ...(strategy === undefined ? {} : { subjectNameStrategy: strategy }) });
  await serde.open?.({ topic: 'orders', isKey, registry });
  expect(registry.registered).toEqual([subject]);
});

test.each<[SubjectNameStrategy]>([['recordName'], ['topicRecordName']])(
  'a schema without a name has no subject by %s',
  async (subjectNameStrategy) => {
    const serde = avro({ schema: '"string"', subjectNameStrategy });
    await expect(serde.open?.({ topic: 't', isKey: false, registry: registryOf() })).rejects.toMatchObject({
      code: 'MR_SERDE_SUBJECT_UNNAMED',
    });
  },
);

test('schemas of the elements of a list are fetched before it is read; what is no list is left to the reading', async () => {
  const registry = registryOf({ 't-value': [schema, newer] });
  const list = Serdes.list(avro<object>({ schema }));
  await list.open?.({ topic: 't', isKey: false, registry });
  const newest = avro<object>({ schema: newer });
  await newest.open?.({ topic: 't', isKey: false, registry });
  const bytes = Buffer.from(Serdes.list(newest).serialize('t', [{ item: 'pen', note: 'x' }, null]));
  expect(() => list.deserialize('t', bytes)).toThrow(expect.objectContaining({ code: 'MR_SERDE_UNKNOWN_SCHEMA' }));
  await list.prepare?.('t', bytes);
  expect(list.prepare?.('t', bytes)).toBeUndefined();
  expect(list.deserialize('t', bytes).map((one) => one && { ...one })).toEqual([{ item: 'pen' }, null]);
  expect(list.prepare?.('t', Buffer.of(9))).toBeUndefined();
  expect(() => list.deserialize('t', Buffer.of(9))).toThrow(expect.objectContaining({ code: 'MR_SERDE_UNREADABLE' }));
});

describe('without autoRegister', () => {
  test('the id of the own schema is looked up, not that of the newest one', async () => {
    const registry = registryOf({ 't-value': [schema, newer] });
    const serde = avro({ schema, autoRegister: false });
    await serde.open?.({ topic: 't', isKey: false, registry });
    expect(Buffer.from(serde.serialize('t', { item: 'pen' })).toString('hex')).toBe('0000000001' + '0670656e');
    expect(registry.registered).toEqual([]);
  });

  test('a schema that is not registered is refused, even when the subject has others', async () => {
    const serde = avro({ schema, autoRegister: false });
    const opened = serde.open?.({ topic: 't', isKey: false, registry: registryOf({ 't-value': [newer] }) });
    await expect(opened).rejects.toMatchObject({ code: 'MR_SERDE_SCHEMA_UNREGISTERED', severity: 'user' });
  });
});

describe('with useLatestVersion', () => {
  const open = async (subjects: Record<string, object[]>) => {
    const registry = registryOf(subjects);
    const serde = avro<object>({ schema, useLatestVersion: true });
    await serde.open?.({ topic: 't', isKey: false, registry });
    return { serde, registry };
  };

  test('values are written with the newest schema of the subject, and read as one’s own', async () => {
    const { serde, registry } = await open({ 't-value': [schema, newer] });
    const bytes = Buffer.from(serde.serialize('t', { item: 'pen', note: null }));
    expect(bytes.toString('hex')).toBe('0000000002' + '0670656e' + '00');
    expect({ ...serde.deserialize('t', bytes) }).toEqual({ item: 'pen' });
    expect(registry.registered).toEqual([]);
  });

  test('a value that does not fit it is refused', async () => {
    const strict = { ...schema, fields: [...schema.fields, { name: 'count', type: 'int' }] };
    const { serde } = await open({ 't-value': [strict] });
    expect(() => serde.serialize('t', { item: 'pen' })).toThrow(
      expect.objectContaining({ code: 'MR_SERDE_UNSUITABLE' }),
    );
  });

  test('a subject that is not there is refused', async () => {
    await expect(open({})).rejects.toMatchObject({ code: 'MR_SERDE_SUBJECT_MISSING' });
  });
});
