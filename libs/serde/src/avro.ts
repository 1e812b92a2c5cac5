/**
 * Avro values in Confluent's wire format: `00`, schema id (int32), Avro binary. Writer schemas are fetched by `prepare`, once an id, and resolved
 * against the reader's schema once; encoding and decoding are synchronous.
 */
import { MillraceError, millraceError } from '@millrace/base';
import type avsc from 'avsc';
import { subjectOf, writerSchema, type SubjectNameStrategy } from './avro-subject.ts';
import { avroTypeOf, type AvroValues } from './avro-types.ts';
import type { SchemaSource, Serde } from './serde.ts';

/** How an Avro serde finds its schema, and how values look. */
export interface AvroOptions {
  /** The schema of values written and read here: JSON text or its parsed form. Values of other schemas are resolved to it when they are read. */
  readonly schema: string | object;
  /** Register the schema; false: it must be there already (MR_SERDE_SCHEMA_UNREGISTERED). @default true */
  readonly autoRegister?: boolean;
  /** Write with the newest schema of the subject instead of one's own; values must fit it. Nothing is registered. @default false */
  readonly useLatestVersion?: boolean;
  /** Write and expect this id, without a registry. */
  readonly schemaId?: number;
  /** Under which subject the schema stands. @default 'topicName': `<topic>-key` or `<topic>-value` */
  readonly subjectNameStrategy?: SubjectNameStrategy;
  /** What longs are. Numbers beyond ±(2^53 - 1) are refused with MR_SERDE_UNREADABLE. @default 'number' */
  readonly longs?: 'number' | 'bigint';
  /**
   * Values of their own for logical types: a `Date` for date, timestamp-millis and local-timestamp-millis, text for decimal (`'12.30'`, exact) and uuid.
   * Others stay the numbers that they are written as. @default false
   */
  readonly logicalTypes?: boolean;
}

/** What a topic is written with. */
interface Writer {
  readonly id: number;
  readonly type: avsc.Type;
}

const frameBytes = 5;

/** What a hostile value may announce: an array of nulls takes no bytes, so its length is bounded by the size of the message. */
const elementsPerByteMax = 1_024;

export type Read = (bytes: Buffer, topic: string) => unknown;

/**
 * An Avro serde.
 * @example avro<Order>({ schema: orderSchema, subjectNameStrategy: 'topicRecordName', longs: 'bigint' })
 * @throws MR_SERDE_SCHEMA_INVALID when the schema is none
 */
export function avro<T>(options: AvroOptions): Serde<T> {
  const values: AvroValues = { longs: options.longs ?? 'number', logicalTypes: options.logicalTypes ?? false };
  const own = ownSchema(options, values);
  const { name, type, schemaText } = own;
  const writers = new Map<string, Writer>();
  const readers = new Map<number, Read>();
  let registry: SchemaSource | undefined;
  const fixed = options.schemaId === undefined ? undefined : { id: options.schemaId, type };
  if (fixed !== undefined) readers.set(fixed.id, readerOf(type));
  let scratch = Buffer.allocUnsafeSlow(4_096);

  return {
    name,
    async open(use) {
      registry = use.registry ?? registry;
      if (fixed !== undefined) return;
      const { id, schema } = await writerSchema(use, {
        serde: name,
        subject: subjectOf(options.subjectNameStrategy ?? 'topicName', name, type.name, use),
        schema: schemaText,
        autoRegister: options.autoRegister ?? true,
        useLatestVersion: options.useLatestVersion ?? false,
      });
      const isOwn = schema === schemaText;
      writers.set(use.topic, { id, type: isOwn ? type : ownSchema({ schema }, values).type });
      readers.set(id, isOwn ? readerOf(type) : readerOfText(own, id, schema));
    },
    serialize(topic, value) {
      const writer = fixed ?? writers.get(topic);
      if (writer === undefined) throw millraceError('MR_SERDE_NOT_OPEN', { serde: name, topic });
      for (;;) {
        const end = encode(writer.type, value, scratch, name, topic);
        if (end > 0) {
          const bytes = Buffer.allocUnsafe(end);
          scratch.copy(bytes, frameBytes, frameBytes, end);
          bytes[0] = 0;
          bytes.writeInt32BE(writer.id, 1);
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
    readers.set(id, readerOfText(own, id, text));
  }
}

/** The schema that values are read as. */
interface OwnSchema {
  readonly name: string;
  readonly type: avsc.Type;
  readonly schemaText: string;
  readonly values: AvroValues;
}

/** Fingerprints do not tell scales of decimals apart: with logical types only the same text is the same schema. */
function readerOfText({ name, type, schemaText, values }: OwnSchema, id: number, text: string): Read {
  return readerOfSchema(id, name, () => {
    const writerJson = JSON.parse(text) as avsc.Schema;
    const writer = avroTypeOf(writerJson, values);
    const isSame = values.logicalTypes
      ? JSON.stringify(writerJson) === schemaText
      : writer.fingerprint().equals(type.fingerprint());
    return isSame ? readerOf(type) : readerOf(type, writer);
  });
}

function ownSchema({ schema }: AvroOptions, values: AvroValues): OwnSchema {
  try {
    const schemaJson = (typeof schema === 'string' ? JSON.parse(schema) : schema) as avsc.Schema;
    const type = avroTypeOf(schemaJson, values);
    return { name: `avro:${type.name ?? type.typeName}`, type, schemaText: JSON.stringify(schemaJson), values };
  } catch (cause) {
    throw millraceError('MR_SERDE_SCHEMA_INVALID', { problem: (cause as Error).message }, cause);
  }
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
  const { itemsType, valuesType, fields, types, underlyingType } = type as unknown as {
    underlyingType?: avsc.Type;
    itemsType?: avsc.Type;
    valuesType?: avsc.Type;
    fields?: readonly { readonly type: avsc.Type }[];
    types?: readonly avsc.Type[];
  };
  const inner = [
    underlyingType,
    itemsType,
    valuesType,
    ...(fields ?? []).map((field) => field.type),
    ...(types ?? []),
  ].filter((one) => one !== undefined);
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
