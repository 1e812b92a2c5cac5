/** The functions of the case language (its section 5) by name. Everything after the first colon of a name is an argument. */
import type { Windowed } from '@millrace/serde';

type Value = unknown;

/** null -> "null"; a windowed key -> key@start-end. */
export function text(value: Value): string {
  if (value === null || value === undefined) return 'null';
  if (isWindowed(value)) return `${text(value.key)}@${value.window.start}-${timeText(value.window.end)}`;
  return String(value as string | number | bigint);
}

/** The end of time is no number that a double has. */
function timeText(time: number): string {
  return time >= 2 ** 63 ? '9223372036854775807' : String(time);
}

function isWindowed(value: Value): value is Windowed<unknown> {
  return typeof value === 'object' && value !== null && 'window' in value;
}

const isInt = (value: string): boolean => /^-?[0-9]{1,18}$/.test(value);

/** A 64-bit integer: a number while that is exact. */
type Long = number | bigint;

export function num(value: Value): Long {
  if (value === null || value === undefined) return 0;
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  const written = text(value);
  return isInt(written) ? long(BigInt(written)) : written.length;
}

/** Wraps around as Java's long. */
function long(value: bigint): Long {
  const wrapped = BigInt.asIntN(64, value);
  const short = Number(wrapped);
  return Number.isSafeInteger(short) ? short : wrapped;
}

const plus = (a: Value, b: Value): Long => long(BigInt(num(a)) + BigInt(num(b)));
const minus = (a: Value, b: Value): Long => long(BigInt(num(a)) - BigInt(num(b)));

const str = (value: Value): string => (value === null || value === undefined ? '' : text(value));

export function field(value: Value, n: number): string | null {
  return value === null ? null : (text(value).split(',')[n] ?? null);
}

/** The name and the argument of `name:argument`. */
export function parts(spec: string): [name: string, argument: string] {
  const at = spec.indexOf(':');
  return at < 0 ? [spec, ''] : [spec.slice(0, at), spec.slice(at + 1)];
}

function lookUp<F>(what: string, table: Readonly<Record<string, (argument: string) => F>>, spec: string): F {
  const [name, argument] = parts(spec);
  const make = table[name];
  if (make === undefined) throw new Error(`unknown ${what} ${spec}`);
  return make(argument);
}

const orNull =
  (make: (k: Value, v: Value) => Value) =>
  (k: Value, v: Value): Value =>
    v === null ? null : make(k, v);

function thrown(argument: string): never {
  const error = new Error(`thrown by throwIf:${argument}`);
  // Headers of dead letters show the class.
  error.name = 'java.lang.IllegalStateException';
  throw error;
}

type KeyValueFn = (k: Value, v: Value) => Value;

const functions: Readonly<Record<string, (argument: string) => KeyValueFn>> = {
  value: () => (_k, v) => v,
  key: () => (k) => k,
  null: () => () => null,
  const: (x) => () => x,
  upper: () => orNull((_k, v) => text(v).toUpperCase()),
  lower: () => orNull((_k, v) => text(v).toLowerCase()),
  append: (x) => orNull((_k, v) => text(v) + x),
  prepend: (x) => orNull((_k, v) => x + text(v)),
  length: () => orNull((_k, v) => text(v).length),
  longLength: () => orNull((_k, v) => text(v).length),
  firstChar: () => orNull((_k, v) => text(v).charAt(0)),
  keyFirstChar: () => (k) => (k === null ? null : text(k).charAt(0)),
  field: (n) => (_k, v) => field(v, Number(n)),
  keyField: (n) => (k) => field(k, Number(n)),
  nullIf: (x) => orNull((_k, v) => (text(v) === x ? null : v)),
  nullIfKey: (x) => (k) => (k !== null && text(k) === x ? null : k),
  nullIfStarts: (x) => orNull((_k, v) => (text(v).startsWith(x) ? null : v)),
  toLong: () => (_k, v) => (isInt(text(v)) ? long(BigInt(text(v))) : null),
  toString: () => orNull((_k, v) => text(v)),
  add: (n) => orNull((_k, v) => plus(v, BigInt(n))),
  keyValue: () => (k, v) => `${text(k)}:${text(v)}`,
  keyAppend: (x) => (k) => (k === null ? null : text(k) + x),
  keyUpper: () => (k) => (k === null ? null : text(k).toUpperCase()),
  keyText: () => (k) => (k === null ? null : text(k)),
  windowKey: () => (k) => (k === null ? null : (k as Windowed<unknown>).key),
  windowStart: () => (k) => (k === null ? null : (k as Windowed<unknown>).window.start),
  throwIf: (x) => (_k, v) => (v !== null && text(v) === x ? thrown(x) : v),
};

export function keyValueFn(spec: string): KeyValueFn {
  return lookUp('function', functions, spec);
}

const predicates: Readonly<Record<string, (argument: string) => (k: Value, v: Value) => boolean>> = {
  all: () => () => true,
  none: () => () => false,
  even: () => (_k, v) => BigInt(num(v)) % 2n === 0n,
  gt: (n) => (_k, v) => num(v) > BigInt(n),
  valueNotNull: () => (_k, v) => v !== null,
  startsWith: (x) => (_k, v) => v !== null && text(v).startsWith(x),
  contains: (x) => (_k, v) => v !== null && text(v).includes(x),
  valueIs: (x) => (_k, v) => v !== null && text(v) === x,
  keyIs: (x) => (k) => k !== null && text(k) === x,
};

export function predicate(spec: string): (k: Value, v: Value) => boolean {
  return lookUp('predicate', predicates, spec);
}

type Joiner = (k: Value, left: Value, right: Value) => Value;
const concatJoined: Joiner = (_k, l, r) => `${text(l)}+${text(r)}`;

const joiners: Readonly<Record<string, (argument: string) => Joiner>> = {
  concat: () => concatJoined,
  withKey: () => (k, l, r) => `${text(k)}:${text(l)}+${text(r)}`,
  left: () => (_k, l) => l,
  right: () => (_k, _l, r) => r,
  sum: () => (_k, l, r) => plus(l, r),
  nullIfRight: (x) => (k, l, r) => (r !== null && text(r) === x ? null : concatJoined(k, l, r)),
};

export function joiner(spec: string): Joiner {
  return lookUp('joiner', joiners, spec);
}

type Aggregator = (k: Value, v: Value, aggregate: Value) => Value;

const aggregators: Readonly<Record<string, (argument: string) => Aggregator>> = {
  concat: () => (_k, v, a) => str(a) + text(v),
  concatKey: () => (k, v, a) => str(a) + text(k) + text(v),
  count: () => (_k, _v, a) => plus(a, 1),
  uncount: () => (_k, _v, a) => minus(a, 1),
  sum: () => (_k, v, a) => plus(a, v),
  sub: () => (_k, v, a) => minus(a, v),
  max: () => (_k, v, a) => (num(a) > num(v) ? num(a) : num(v)),
  last: () => (_k, v) => v,
  nullOn: (x) => (_k, v, a) => (v !== null && text(v) === x ? null : str(a) + text(v)),
  removeFirst: () => (_k, v, a) => str(a).replace(text(v), ''),
  throwIf: (x) => (_k, v, a) => (v !== null && text(v) === x ? thrown(x) : str(a) + text(v)),
};

export function aggregator(spec: string): Aggregator {
  return lookUp('aggregator', aggregators, spec);
}

const reducers: Readonly<Record<string, (argument: string) => (a: Value, v: Value) => Value>> = {
  concat: () => (a, v) => text(a) + text(v),
  first: () => (a) => a,
  last: () => (_a, v) => v,
  sum: () => (a, v) => plus(a, v),
  sub: () => (a, v) => minus(a, v),
  max: () => (a, v) => (text(v) > text(a) ? v : a),
  nullOn: (x) => (a, v) => (v !== null && text(v) === x ? null : text(a) + text(v)),
  removeFirst: () => (a, v) => text(a).replace(text(v), ''),
};

export function reducer(spec: string): (a: Value, v: Value) => Value {
  return lookUp('reducer', reducers, spec);
}

const initializers: Readonly<Record<string, (argument: string) => () => Value>> = {
  empty: () => () => '',
  zero: () => () => 0,
  null: () => () => null,
  const: (x) => () => x,
};

export function initializer(spec: string): () => Value {
  return lookUp('initializer', initializers, spec);
}

const mergers: Readonly<Record<string, () => (k: Value, a: Value, b: Value) => Value>> = {
  concat: () => (_k, a, b) => str(a) + str(b),
  sum: () => (_k, a, b) => plus(a, b),
  second: () => (_k, _a, b) => b,
};

export function merger(spec: string): (k: Value, a: Value, b: Value) => Value {
  return lookUp('merger', mergers, spec);
}

const words = (v: Value): string[] =>
  v === null
    ? []
    : text(v)
        .split(' ')
        .filter((word) => word !== '');

const flatMaps: Readonly<Record<string, () => (k: Value, v: Value) => (readonly [Value, Value])[]>> = {
  splitWords: () => (_k, v) => words(v).map((word) => [word, word]),
  twice: () => (k, v) => [
    [k, v],
    [k, `${text(v)}'`],
  ],
  swap: () => (k, v) => [[v, k]],
  none: () => () => [],
  nullKey: () => (k, v) => [
    [null, v],
    [k, v],
  ],
};

export function flatMapFn(spec: string): (k: Value, v: Value) => (readonly [Value, Value])[] {
  return lookUp('flatMap function', flatMaps, spec);
}

const flatMapValueFns: Readonly<Record<string, () => (v: Value) => Value[]>> = {
  splitWords: () => words,
  twice: () => (v) => [text(v), `${text(v)}'`],
  none: () => () => [],
  withNull: () => (v) => [v, null],
};

export function flatMapValuesFn(spec: string): (v: Value) => Value[] {
  return lookUp('flatMapValues function', flatMapValueFns, spec);
}
