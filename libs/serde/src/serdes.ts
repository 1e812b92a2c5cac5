/** Serdes with the bytes of Kafka's Java serializers. */
import { millraceError } from '@millrace/base';
import { list } from './list.ts';
import type { Serde } from './serde.ts';

/** Values of `size` bytes. Java's list serializer knows the sizes of all but booleans. */
function fixed<T>(
  name: string,
  size: number,
  isSuitable: (value: unknown) => boolean,
  write: (bytes: Buffer, value: T) => void,
  read: (bytes: Buffer) => T,
): Serde<T> {
  return {
    name,
    ...(name === 'boolean' ? {} : { sizeBytes: size }),
    serialize: (topic, value) => {
      // Buffers take any text or fraction for a number, and round it.
      if (!isSuitable(value))
        throw millraceError('MR_SERDE_UNSUITABLE', { serde: name, topic, value: describe(value) });
      const bytes = Buffer.allocUnsafe(size);
      try {
        write(bytes, value);
      } catch (cause) {
        throw millraceError('MR_SERDE_UNSUITABLE', { serde: name, topic, value: describe(value) }, cause);
      }
      return bytes;
    },
    deserialize: (topic, bytes) => {
      if (bytes.length !== size)
        throw millraceError('MR_SERDE_SIZE', { serde: name, topic, expected: size, actual: bytes.length });
      return read(bytes);
    },
  };
}

const string: Serde<string> = {
  name: 'string',
  serialize: (topic, value) => Buffer.from(wellFormed(topic, value)),
  deserialize: (_topic, bytes) => bytes.toString('utf8'),
  mapKey: wellFormed,
};

/** Java encodes a lone surrogate as '?', Node as U+FFFD. */
function wellFormed(topic: string, value: string): string {
  if (typeof value !== 'string')
    throw millraceError('MR_SERDE_UNSUITABLE', { serde: 'string', topic, value: describe(value) });
  return value.isWellFormed() ? value : value.replace(/\p{Surrogate}/gu, '?');
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

/** Whole numbers and their bytes are one to one. */
function keyed(serde: Serde<number>): Serde<number> {
  return { ...serde, mapKey: (_topic, value) => value };
}

/** int64 as a number; values outside the safe integers are refused both ways, see `bigint`. */
const long = keyed(
  fixed<number>(
    'long',
    8,
    () => true,
    (bytes, value) => {
      if (!Number.isSafeInteger(value)) throw millraceError('MR_SERDE_UNSAFE_INTEGER', { value: String(value) });
      bytes.writeInt32BE(Math.floor(value / 0x1_0000_0000), 0);
      bytes.writeUInt32BE(value >>> 0, 4);
    },
    (bytes) => {
      const value = bytes.readInt32BE(0) * 0x1_0000_0000 + bytes.readUInt32BE(4);
      if (!Number.isSafeInteger(value))
        throw millraceError('MR_SERDE_UNSAFE_INTEGER', { value: bytes.readBigInt64BE().toString() });
      return value;
    },
  ),
);

const bytes: Serde<Uint8Array> = {
  name: 'bytes',
  serialize: (topic, value) => {
    if (!(value instanceof Uint8Array))
      throw millraceError('MR_SERDE_UNSUITABLE', { serde: 'bytes', topic, value: describe(value) });
    return value;
  },
  deserialize: (_topic, value) => value,
};

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Its 36 characters, lower case. */
const uuid: Serde<string> = {
  name: 'uuid',
  sizeBytes: 36,
  serialize: (topic, value) => {
    if (!uuidPattern.test(value))
      throw millraceError('MR_SERDE_UNSUITABLE', { serde: 'uuid', topic, value: describe(value) });
    return Buffer.from(value, 'latin1');
  },
  deserialize: (topic, value) => {
    const text = value.toString('latin1').toLowerCase();
    if (!uuidPattern.test(text))
      throw millraceError('MR_SERDE_UNREADABLE', { serde: 'uuid', topic, problem: 'not a UUID' });
    return text;
  },
  mapKey: (_topic, value) => value,
};

const fixedBoolean = fixed<boolean>(
  'boolean',
  1,
  (value) => typeof value === 'boolean',
  (into, value) => void into.writeUInt8(value ? 1 : 0),
  (from) => from[0] === 1,
);

const boolean: Serde<boolean> = {
  ...fixedBoolean,
  deserialize: (topic, from) => {
    if (from.length === 1 && (from[0] as number) > 1)
      throw millraceError('MR_SERDE_UNREADABLE', { serde: 'boolean', topic, problem: `the byte ${from[0]}` });
    return fixedBoolean.deserialize(topic, from);
  },
};

/** Nothing but null, which no serde is asked for. */
const nothing: Serde<null> = {
  name: 'void',
  serialize: (topic, value) => {
    throw millraceError('MR_SERDE_UNSUITABLE', { serde: 'void', topic, value: describe(value) });
  },
  deserialize: (topic, value) => {
    throw millraceError('MR_SERDE_SIZE', { serde: 'void', topic, expected: 0, actual: value.length });
  },
};

/** The built-in serdes, one instance each. */
const all = {
  string,
  long,
  bigint: fixed<bigint>(
    'bigint',
    8,
    (value) => typeof value === 'bigint',
    (into, value) => void into.writeBigInt64BE(value),
    (from) => from.readBigInt64BE(),
  ),
  integer: keyed(
    fixed<number>(
      'integer',
      4,
      Number.isInteger,
      (into, value) => void into.writeInt32BE(value),
      (from) => from.readInt32BE(),
    ),
  ),
  short: keyed(
    fixed<number>(
      'short',
      2,
      Number.isInteger,
      (into, value) => void into.writeInt16BE(value),
      (from) => from.readInt16BE(),
    ),
  ),
  double: fixed<number>(
    'double',
    8,
    isNumber,
    (into, value) => void into.writeDoubleBE(value),
    (from) => from.readDoubleBE(),
  ),
  float: fixed<number>(
    'float',
    4,
    isNumber,
    (into, value) => void into.writeFloatBE(value),
    (from) => from.readFloatBE(),
  ),
  boolean,
  bytes,
  uuid,
} as const;

/** Kafka Streams' `Serdes`: each method gives the serde whose bytes equal those of the Java class of that name. */
export const Serdes = {
  /** Text in UTF-8 (JVM: StringSerializer). */
  string: () => all.string,
  /** int64 as a number. Throws MR_SERDE_UNSAFE_INTEGER outside ±(2^53 - 1); `bigint` has no such bound. */
  long: () => all.long,
  /** int64 as a bigint. */
  bigint: () => all.bigint,
  /** int32, 4 bytes. Throws MR_SERDE_UNSUITABLE for fractions and outside ±2^31. */
  integer: () => all.integer,
  /** int16, 2 bytes. Throws MR_SERDE_UNSUITABLE for fractions and outside ±2^15. */
  short: () => all.short,
  /** IEEE 754, 8 bytes. */
  double: () => all.double,
  /** IEEE 754, 4 bytes: a number loses digits. */
  float: () => all.float,
  /** 1 byte, 0 or 1. */
  boolean: () => all.boolean,
  /** Raw bytes, passed through without a copy. */
  bytes: () => all.bytes,
  /** 36 lower-case characters; upper case is read too. Throws MR_SERDE_UNSUITABLE for other text. */
  uuid: () => all.uuid,
  /** For keys or values that are always null. */
  void: () => nothing,
  /** Lists (KIP-466). Throws MR_SERDE_UNREADABLE for bytes of another element serde. */
  list,
} as const;

/** The kind of a value for an error, never the value: payloads stay out of messages. */
export function describe(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
