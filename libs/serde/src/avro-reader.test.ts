import { expect, test } from '@jest/globals';
import { millraceError } from '@millrace/base';
import { avroReader } from './avro-reader.ts';
import { avro } from './avro.ts';

const first = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'n', type: 'long' }] });
const second = JSON.stringify({
  type: 'record',
  name: 'R',
  fields: [
    { name: 'n', type: 'long' },
    { name: 'more', type: ['null', 'string'], default: null },
  ],
});
const written = (schema: string, schemaId: number, value: object): Buffer =>
  Buffer.from(avro<object>({ schema, schemaId }).serialize('t', value));

async function reader(schemas: Readonly<Record<number, string>>) {
  const asked: number[] = [];
  const serde = avroReader();
  const schemaById = async (id: number): Promise<string> => {
    asked.push(id);
    const found = schemas[id];
    if (found === undefined) throw millraceError('MR_REGISTRY_SCHEMA_UNKNOWN', { id });
    return found;
  };
  await serde.open?.({ topic: 't', isKey: false, registry: { schemaById } as never });
  const read = async (bytes: Buffer): Promise<unknown> => {
    await serde.prepare?.('t', bytes);
    return serde.deserialize('t', bytes);
  };
  return { serde, read, asked };
}

test('each value is read with the schema it was written with, which is fetched once', async () => {
  const { serde, read, asked } = await reader({ 1: first, 2: second });
  const old = written(first, 1, { n: 5 });
  await Promise.all([serde.prepare?.('t', old), serde.prepare?.('t', old)]);
  expect(await read(old)).toEqual({ n: 5 });
  expect(await read(written(second, 2, { n: 6, more: 'x' }))).toEqual({ n: 6, more: 'x' });
  expect(await read(written(second, 2, { n: 7, more: null }))).toEqual({ n: 7, more: null });
  expect(asked).toEqual([1, 2]);
});

test('what cannot be read is a fault of the record: no frame, an unknown id, other bytes, a schema that is none', async () => {
  const { read } = await reader({ 1: first, 3: '{"type": "no-such-type"}' });
  await expect(read(Buffer.from('abc'))).rejects.toMatchObject({ code: 'MR_SERDE_UNREADABLE', severity: 'record' });
  await expect(read(written(first, 9, { n: 1 }))).rejects.toMatchObject({ code: 'MR_SERDE_UNKNOWN_SCHEMA' });
  await expect(read(Buffer.from([0, 0, 0, 0, 1]))).rejects.toMatchObject({ code: 'MR_SERDE_UNREADABLE' });
  await expect(read(written(first, 3, { n: 1 }))).rejects.toMatchObject({
    code: 'MR_SERDE_SCHEMA_UNUSABLE',
    details: expect.objectContaining({ id: 3 }),
  });
});

test('a registry that is away rejects, and is asked again', async () => {
  const serde = avroReader();
  let isAway = true;
  const schemaById = async (): Promise<string> => {
    if (isAway) throw millraceError('MR_REGISTRY_UNREACHABLE', { url: 'u', doing: 'd', problem: 'p' });
    return first;
  };
  await serde.open?.({ topic: 't', isKey: false, registry: { schemaById } as never });
  const bytes = written(first, 1, { n: 5 });
  await expect(serde.prepare?.('t', bytes)).rejects.toMatchObject({ severity: 'retriable' });
  isAway = false;
  await serde.prepare?.('t', bytes);
  expect(serde.deserialize('t', bytes)).toEqual({ n: 5 });
});

test('it needs a registry and cannot write', async () => {
  await expect(avroReader().open?.({ topic: 't', isKey: false, registry: undefined })).rejects.toMatchObject({
    code: 'MR_SERDE_NO_REGISTRY',
  });
  expect(() => avroReader().serialize('t', {})).toThrow(expect.objectContaining({ code: 'MR_SERDE_UNSUITABLE' }));
});
