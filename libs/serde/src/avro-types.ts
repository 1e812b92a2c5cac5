/** Avro schemas as types of the codec: how longs and logical types look to users. */
import { millraceError } from '@millrace/base';
import avsc from 'avsc';

/** What of a schema is more than the numbers and bytes that it is written as. */
export interface AvroValues {
  /** `bigint` for values beyond ±(2^53 - 1), which numbers cannot hold. */
  readonly longs: 'number' | 'bigint';
  /** Whether decimals, dates, times and UUIDs are values of their own. */
  readonly logicalTypes: boolean;
}

/** Union members are not wrapped: `["null", "string"]` is a text or null. Throws an Error for what is no schema. */
export function avroTypeOf(schema: avsc.Schema, { longs, logicalTypes }: AvroValues): avsc.Type {
  return avsc.Type.forSchema(schema, {
    wrapUnions: false,
    ...(logicalTypes ? { logicalTypes: logical } : {}),
    ...(longs === 'bigint' ? { registry: { long: bigintLong() } } : {}),
  });
}

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;

function bigintLong(): avsc.Type {
  return avsc.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    toBuffer: (value: bigint) => {
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeBigInt64LE(value);
      return bytes;
    },
    fromJSON: (value: number | string) => BigInt(value),
    toJSON: (value: bigint) => value.toString(),
    isValid: (value: unknown) => typeof value === 'bigint' && value >= int64Min && value <= int64Max,
    compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
  } as never) as unknown as avsc.Type;
}

const dayMs = 86_400_000;

/** A `Date` of whole days at midnight UTC. */
class DateType extends avsc.types.LogicalType {
  protected override _fromValue(days: number): Date {
    return new Date(days * dayMs);
  }

  protected override _toValue(value: unknown): number | undefined {
    const days = value instanceof Date ? value.getTime() / dayMs : NaN;
    return Number.isInteger(days) ? days : undefined;
  }

  protected override _resolve(writer: avsc.Type): ((value: never) => Date) | undefined {
    return resolved<Date>(this, writer, ['int'], (days) => this._fromValue(Number(days)));
  }
}

/** A `Date`; timestamp-micros stays a number: a `Date` has no microseconds. */
class TimestampMillis extends avsc.types.LogicalType {
  protected override _fromValue(ms: number | bigint): Date {
    return new Date(Number(ms));
  }

  protected override _toValue(value: unknown): number | bigint | undefined {
    const ms = value instanceof Date ? value.getTime() : NaN;
    if (Number.isNaN(ms)) return undefined;
    return this.underlyingType.typeName === 'long' ? ms : BigInt(ms);
  }

  protected override _resolve(writer: avsc.Type): ((value: never) => Date) | undefined {
    return resolved<Date>(this, writer, ['int', 'long', 'abstract:long'], (ms) => this._fromValue(ms as number));
  }
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Text of a UUID in lower case. */
class UuidType extends avsc.types.LogicalType {
  protected override _fromValue(text: string): string {
    return text;
  }

  protected override _toValue(value: unknown): string | undefined {
    return typeof value === 'string' && uuidPattern.test(value) ? value : undefined;
  }

  protected override _resolve(writer: avsc.Type): ((value: never) => string) | undefined {
    return resolved<string>(this, writer, ['string'], (text) => text as string);
  }
}

/** Exact text such as `-12.30`, with as many digits behind the point as the scale says; a number would round. */
class DecimalType extends avsc.types.LogicalType {
  readonly scale: number;
  readonly precision: number;

  constructor(schema: avsc.Schema, options?: unknown) {
    super(schema, options as never);
    const { precision, scale = 0 } = schema as { readonly precision?: number; readonly scale?: number };
    const isValid = Number.isInteger(precision) && Number.isInteger(scale) && scale >= 0 && scale <= (precision ?? 0);
    // The codec takes it for the bytes that it is written as then: so says the specification of Avro.
    if (!isValid || precision === undefined)
      throw millraceError('MR_SERDE_SCHEMA_INVALID', {
        problem: `a decimal of scale ${scale}, precision ${precision}`,
      });
    this.precision = precision;
    this.scale = scale;
  }

  protected override _fromValue(bytes: Buffer): string {
    return decimalText(unscaledOf(bytes), this.scale);
  }

  protected override _toValue(value: unknown): Buffer | undefined {
    const unscaled = typeof value === 'string' ? unscaledOfText(value, this.scale) : undefined;
    if (unscaled === undefined || digitsOf(unscaled) > this.precision) return undefined;
    const { size } = this.underlyingType as unknown as { readonly size?: number };
    return bytesOf(unscaled, size);
  }

  protected override _resolve(writer: avsc.Type): ((value: never) => string) | undefined {
    if (writer instanceof DecimalType) return writer.scale === this.scale ? (text) => text : undefined;
    return resolved<string>(this, writer, ['bytes', 'fixed'], (bytes) => this._fromValue(bytes as Buffer));
  }
}

const logical = {
  date: DateType,
  'timestamp-millis': TimestampMillis,
  'local-timestamp-millis': TimestampMillis,
  uuid: UuidType,
  decimal: DecimalType,
} as unknown as Record<string, new (schema: avsc.Schema, options?: unknown) => avsc.types.LogicalType>;

/** How a value of another writer is read: as it is from one of the same kind, converted from what it is written as. */
function resolved<T>(
  reader: avsc.types.LogicalType,
  writer: avsc.Type,
  names: readonly string[],
  convert: (value: unknown) => T,
): ((value: never) => T) | undefined {
  if (writer.constructor === reader.constructor) return (value) => value as T;
  return names.includes(writer.typeName) ? convert : undefined;
}

/** Two's complement, big-endian. */
function unscaledOf(bytes: Buffer): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
}

function bytesOf(unscaled: bigint, size: number | undefined): Buffer | undefined {
  const bits = (unscaled < 0n ? -unscaled - 1n : unscaled).toString(2).length + 1;
  const length = size ?? Math.ceil(bits / 8);
  if (length * 8 < bits) return undefined;
  const hex = BigInt.asUintN(length * 8, unscaled)
    .toString(16)
    .padStart(length * 2, '0');
  return Buffer.from(hex, 'hex');
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const sign = unscaled < 0n ? '-' : '';
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Undefined for text that is no decimal, or has more digits behind the point than the scale: nothing is rounded. */
function unscaledOfText(text: string, scale: number): bigint | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  if (fraction.length > scale) return undefined;
  const unscaled = BigInt(whole + fraction.padEnd(scale, '0'));
  return sign === '-' ? -unscaled : unscaled;
}

function digitsOf(unscaled: bigint): number {
  return (unscaled < 0n ? -unscaled : unscaled).toString().length;
}
