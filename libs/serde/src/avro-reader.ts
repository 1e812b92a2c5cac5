/**
 * Avro values as whatever they were written with: each is decoded with the schema that its frame names, none is expected. For those who map
 * fields by configuration and have no schema of their own; they cannot write.
 */
import { MillraceError, millraceError } from '@millrace/base';
import avsc from 'avsc';
import { frameId, readerOf, readerOfSchema, type Read } from './avro.ts';
import type { SchemaSource, Serde } from './serde.ts';

const name = 'avro';

/** A read-only serde. `open` gives it the registry; `prepare` fetches the schemas, each once. */
export function avroReader(): Serde<unknown> {
  const readers = new Map<number, Read>();
  /** Fetches that are on their way; many records of one batch ask for the same. */
  const fetches = new Map<number, Promise<void>>();
  let registry: SchemaSource | undefined;
  return {
    name,
    async open(use) {
      registry = use.registry;
      if (registry === undefined) throw millraceError('MR_SERDE_NO_REGISTRY', { serde: name, topic: use.topic });
    },
    prepare(topic, bytes) {
      const id = frameId(bytes);
      if (id === undefined || readers.has(id)) return undefined;
      if (registry === undefined) throw millraceError('MR_SERDE_NOT_OPEN', { serde: name, topic });
      let fetch = fetches.get(id);
      if (fetch === undefined) {
        fetch = learn(registry, id).finally(() => fetches.delete(id));
        fetches.set(id, fetch);
      }
      return fetch;
    },
    deserialize(topic, bytes) {
      const id = frameId(bytes);
      if (id === undefined) {
        const problem = `no Confluent frame: ${bytes.length} bytes, first byte ${bytes[0]}`;
        throw millraceError('MR_SERDE_UNREADABLE', { serde: name, topic, problem });
      }
      const read = readers.get(id);
      if (read === undefined) throw millraceError('MR_SERDE_UNKNOWN_SCHEMA', { serde: name, topic, id });
      try {
        return read(bytes, topic);
      } catch (cause) {
        if (MillraceError.is(cause)) throw cause;
        const why = cause instanceof Error ? cause.message : String(cause);
        const problem = `bytes do not fit schema ${id}: ${why}`;
        throw millraceError('MR_SERDE_UNREADABLE', { serde: name, topic, problem }, cause);
      }
    },
    serialize(topic) {
      throw millraceError('MR_SERDE_UNSUITABLE', { serde: name, topic, value: 'a value, and it only reads' });
    },
  };

  /** An unknown id stays unknown here: `deserialize` reports it with the record. A registry that is away rejects. */
  async function learn(from: SchemaSource, id: number): Promise<void> {
    let text: string;
    try {
      text = await from.schemaById(id);
    } catch (error) {
      if (MillraceError.is(error) && error.severity === 'record') return;
      throw error;
    }
    const schema = (): avsc.Schema => JSON.parse(text) as avsc.Schema;
    readers.set(
      id,
      readerOfSchema(id, name, () => readerOf(avsc.Type.forSchema(schema(), { wrapUnions: 'auto' }))),
    );
  }
}
