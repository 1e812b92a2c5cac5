/**
 * The words that message schemas are written in. A schema is plain data; the types of its messages are inferred from it.
 *
 * Versions are Kafka's text: '3+', '0-12' or '4'. A field without versions exists in all of them. A nullable field without
 * an explicit default defaults to null, any other to zero, '', [], false or a struct of defaults.
 */
import type { Buffer } from 'node:buffer';

/** Kafka's primitive types on the wire. `records` is bytes that hold record batches. */
export type PrimitiveKind =
  'boolean' | 'int8' | 'int16' | 'uint16' | 'int32' | 'int64' | 'float64' | 'string' | 'uuid' | 'bytes' | 'records';

/** What is said about a field beside its type. */
export interface FieldOptions {
  /** Versions in which null may be sent. */
  readonly nullable?: string;
  /** Number of a tagged field (KIP-482): sent only when it differs from its default. */
  readonly tag?: number;
  /** The value when the field is absent. */
  readonly default?: number | bigint | string | boolean | null;
  /** May be dropped silently when the version has no such field. */
  readonly ignorable?: boolean;
}

/** One field of a message; `T` exists only for the compiler. */
export interface Field<T = unknown> {
  readonly kind: PrimitiveKind | 'array' | 'struct';
  readonly versions: string;
  readonly options: FieldOptions;
  /** The element of an array. */
  readonly element?: Field;
  /** The fields of a struct in wire order. */
  readonly fields?: Fields;
  readonly type?: T;
}

/** The fields of a struct in wire order. */
export type Fields = Readonly<Record<string, Field>>;

/** The value of a field. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

/** The object that a struct of these fields is decoded to. */
export type StructOf<F extends Fields> = { -readonly [K in keyof F]: ValueOf<F[K]> };

type Nullable<T, O extends FieldOptions> = O extends { readonly nullable: string } ? T | null : T;

const ALL = '0+';
const NONE: FieldOptions = {};

function primitive<T>(kind: PrimitiveKind) {
  return <const O extends FieldOptions = FieldOptions & { readonly nullable?: never }>(
    versions: string = ALL,
    options?: O,
  ): Field<Nullable<T, O>> => ({ kind, versions, options: options ?? NONE });
}

export const boolean = primitive<boolean>('boolean');
export const int8 = primitive<number>('int8');
export const int16 = primitive<number>('int16');
export const uint16 = primitive<number>('uint16');
export const int32 = primitive<number>('int32');
/** A number; a value outside the safe integers is decoded to a bigint so that it is never rounded. */
export const int64 = primitive<number>('int64');
export const float64 = primitive<number>('float64');
export const string = primitive<string>('string');
/** 16 bytes, as Kafka's base64url text. */
export const uuid = primitive<string>('uuid');
/** A view of the frame it came in, not a copy. */
export const bytes = primitive<Buffer>('bytes');
/** Record batches: a view of the frame they came in, not a copy. */
export const records = primitive<Buffer>('records');

/** A list of primitives or structs. */
export function array<E extends Field, const O extends FieldOptions = FieldOptions & { readonly nullable?: never }>(
  element: E,
  versions?: string,
  options?: O,
): Field<Nullable<ValueOf<E>[], O>>;
export function array<F extends Fields, const O extends FieldOptions = FieldOptions & { readonly nullable?: never }>(
  fields: F,
  versions?: string,
  options?: O,
): Field<Nullable<StructOf<F>[], O>>;
export function array(of: Field | Fields, versions: string = ALL, options: FieldOptions = NONE): Field<never> {
  return { kind: 'array', element: isField(of) ? of : struct(of), versions, options };
}

/** A struct within a message. */
export function struct<F extends Fields, const O extends FieldOptions = FieldOptions & { readonly nullable?: never }>(
  fields: F,
  versions: string = ALL,
  options?: O,
): Field<Nullable<StructOf<F>, O>> {
  return { kind: 'struct', fields, versions, options: options ?? NONE };
}

function isField(of: Field | Fields): of is Field {
  return typeof of['kind'] === 'string';
}
