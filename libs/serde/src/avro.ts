/**
 * Avro values in Confluent's wire format: `00`, schema id (int32), Avro binary. Writer schemas are fetched by `prepare`, once an id, and resolved
 * against the reader's schema once; encoding and decoding are synchronous.
 */
import { MillraceError, millraceError } from '@millrace/base';
import avsc from 'avsc';
import type { SchemaSource, Serde, SerdeUse } from './serde.ts';

/** How an Avro serde finds its schema. */
export interface AvroOptions {
  /** The schema of values written and read here: JSON text or its parsed form. */
  readonly schema: string | object;
  /** Register the schema under `<topic>-key|value`; false: it must be there already. @default true */
  readonly autoRegister?: boolean;
  /** Write and expect this id, without a registry. */
  readonly schemaId?: number;
}

const frameBytes = 5;

/** What a hostile value may announce: an array of nulls takes no bytes, so its length is bounded by the size of the message. */
const elementsPerByteMax = 1_024;

export type Read = (bytes: Buffer, topic: string) => unknown;

/** An Avro serde. Longs and timestamps are numbers; those beyond ±(2^53 - 1) are refused with MR_SERDE_UNREADABLE. */
export function avro<T>(options: AvroOptions): Serde<T> {
  const schemaJson = (typeof options.schema === 'string' ? JSON.parse(options.schema) : options.schema) as avsc.Schema;
  const type = avsc.Type.forSchema(schemaJson, { wrapUnions: false });
  const name = `avro:${type.name ?? type.typeName}`;
  const ids = new Map<string, number>();
  const readers = new Map<number, Read>();
  let registry: SchemaSource | undefined;
  if (options.schemaId !== undefined) readers.set(options.schemaId, readerOf(type));
  let scratch = Buffer.allocUnsafeSlow(4_096);

  return {
    name,
    async open(use) {
      registry = use.registry ?? registry;
      if (options.schemaId !== undefined) return;
      const id = await writerId(use, schemaJson, options.autoRegister ?? true, name);
      ids.set(use.topic, id);
      readers.set(id, readerOf(type));
    },
    serialize(topic, value) {
      const id = options.schemaId ?? ids.get(topic);
      if (id === undefined) throw millraceError('MR_SERDE_NOT_OPEN', { serde: name, topic });
      for (;;) {
        const end = encode(type, value, scratch, name, topic);
        if (end > 0) {
          const bytes = Buffer.allocUnsafe(end);
          scratch.copy(bytes, frameBytes, frameBytes, end);
          bytes[0] = 0;
          bytes.writeInt32BE(id, 1);
          return bytes;
        }
        // A negative end tells how many bytes were missing.
        scratch = Buffer.allocUnsafeSlow(Math.max(scratch.length * 2, scratch.length - end));
      }
    },
    prepare(topic, bytes) {
      const id = frameId(bytes);
      if (id === undefined || readers.has(id)) return undefined;
      return learn(id, topic);
    },
    deserialize(topic, bytes) {
      const id = frameId(bytes);
      if (id === undefined)
        throw millraceError('MR_SERDE_UNREADABLE', {
          serde: name,
          topic,
          problem: `no Confluent frame: ${bytes.length} bytes, first byte ${bytes[0]}`,
        });
      const read = readers.get(id);
      if (read === undefined) throw millraceError('MR_SERDE_UNKNOWN_SCHEMA', { serde: name, topic, id });
      try {
        return read(bytes, topic) as T;
      } catch (cause) {
        if (MillraceError.is(cause)) throw cause;
        throw millraceError(
          'MR_SERDE_UNREADABLE',
          { serde: name, topic, problem: `bytes do not fit schema ${id}: ${(cause as Error).message}` },
          cause,
        );
      }
    },
  };

  /** Unknown ids stay unknown here: `deserialize` reports them with the position; an unreachable registry rejects. */
  async function learn(id: number, topic: string): Promise<void> {
    if (registry === undefined) throw millraceError('MR_SERDE_NO_REGISTRY', { serde: name, topic });
    let text: string;
    try {
      text = await registry.schemaById(id);
    } catch (error) {
      if (MillraceError.is(error) && error.severity === 'record') return;
      throw error;
    }
    const read = readerOfSchema(id, name, () => {
      const writer = avsc.Type.forSchema(JSON.parse(text) as avsc.Schema, { wrapUnions: false });
      return writer.fingerprint().equals(type.fingerprint()) ? readerOf(type) : readerOf(type, writer);
    });
    readers.set(id, read);
  }
}

async function writerId(use: SerdeUse, schema: avsc.Schema, autoRegister: boolean, serde: string): Promise<number> {
  const { registry, topic, isKey } = use;
  if (registry === undefined) throw millraceError('MR_SERDE_NO_REGISTRY', { serde, topic });
  const subject = `${topic}-${isKey ? 'key' : 'value'}`;
  if (autoRegister) return registry.register(subject, JSON.stringify(schema));
  const latest = await registry.latest(subject);
  if (latest === undefined) throw millraceError('MR_SERDE_SUBJECT_MISSING', { serde, subject });
  return latest.id;
}

export function frameId(bytes: Buffer): number | undefined {
  return bytes.length >= frameBytes && bytes[0] === 0 ? bytes.readInt32BE(1) : undefined;
}

function encode(type: avsc.Type, value: unknown, into: Buffer, serde: string, topic: string): number {
  try {
    return type.encode(value, into, frameBytes);
  } catch (cause) {
    throw millraceError('MR_SERDE_UNSUITABLE', { serde, topic, value: (cause as Error).message }, cause);
  }
}

/** The reader that `compile` makes of a registered schema; where it cannot, one that refuses each record. Schemas never change under their id. */
export function readerOfSchema(id: number, serde: string, compile: () => Read): Read {
  try {
    return compile();
  } catch (cause) {
    // avsc trips over a writer that is no record where the reader is one.
    const isOfOtherShape = cause instanceof TypeError;
    const problem = isOfOtherShape ? 'its values cannot become those read here' : (cause as Error).message;
    return (_bytes, topic) => {
      throw millraceError('MR_SERDE_SCHEMA_UNUSABLE', { serde, topic, id, problem }, cause);
    };
  }
}

/** A function from framed bytes to a value that refuses trailing bytes and arrays that no message of this size can mean. */
export function readerOf(type: avsc.Type, writer: avsc.Type = type): Read {
  const isBounded = !holdsEmptyElements(writer);
  const resolver = writer === type ? undefined : type.createResolver(writer);
  return (bytes, topic) => {
    if (!isBounded) refuseBomb(writer, bytes, topic);
    const { value, offset } = type.decode(bytes, frameBytes, resolver as never) as { value: unknown; offset: number };
    if (offset !== bytes.length) {
      const problem = offset < 0 ? 'the message ends too early' : `${bytes.length - offset} bytes are left over`;
      throw millraceError('MR_SERDE_UNREADABLE', { serde: `avro:${type.name ?? type.typeName}`, topic, problem });
    }
    return value;
  };
}

/** True when the schema has arrays or maps whose elements may take no bytes (null, empty records, enums do take one). */
function holdsEmptyElements(type: avsc.Type, seen = new Set<avsc.Type>()): boolean {
  if (seen.has(type)) return false;
  seen.add(type);
  const { itemsType, valuesType, fields, types } = type as unknown as {
    itemsType?: avsc.Type;
    valuesType?: avsc.Type;
    fields?: readonly { readonly type: avsc.Type }[];
    types?: readonly avsc.Type[];
  };
  const inner = [itemsType, valuesType, ...(fields ?? []).map((field) => field.type), ...(types ?? [])].filter(
    (one) => one !== undefined,
  );
  return (itemsType !== undefined && isEmpty(itemsType)) || inner.some((one) => holdsEmptyElements(one, seen));
}

function isEmpty(type: avsc.Type): boolean {
  if (type.typeName === 'null') return true;
  const { fields } = type as unknown as { fields?: readonly { readonly type: avsc.Type }[] };
  return fields !== undefined && fields.every((field) => isEmpty(field.type));
}

/** Six bytes can announce a billion nulls: such schemas are decoded only when no long in the message exceeds what its size may mean. */
function refuseBomb(type: avsc.Type, bytes: Buffer, topic: string): void {
  let value = 0;
  let scale = 1;
  for (let i = frameBytes; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) {
      if (value / 2 > bytes.length * elementsPerByteMax) {
        throw millraceError('MR_SERDE_UNREADABLE', {
          serde: `avro:${type.name ?? type.typeName}`,
          topic,
          problem: 'an array announces more elements than the message can hold',
        });
      }
      value = 0;
      scale = 1;
    }
  }
}
