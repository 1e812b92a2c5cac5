/** The serdes of the case language (its section 4), by text such as `timeWindowed(string,10)`. */
import { Serdes, sessionWindowed, timeWindowed, type Serde } from '@millrace/serde';

const int64 = Serdes.bigint();

/** 64-bit integers: numbers as far as they are exact, bigints beyond. */
const long: Serde<number | bigint> = {
  ...int64,
  name: 'long',
  serialize: (topic, value) => int64.serialize(topic, BigInt(value)),
  deserialize: (topic, bytes) => {
    const value = int64.deserialize(topic, bytes);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  },
};

const builtIn: Readonly<Record<string, () => Serde<never>>> = {
  string: Serdes.string as () => Serde<never>,
  long: (() => long) as () => Serde<never>,
  int: Serdes.integer as () => Serde<never>,
  short: Serdes.short as () => Serde<never>,
  float: Serdes.float as () => Serde<never>,
  double: Serdes.double as () => Serde<never>,
  boolean: Serdes.boolean as () => Serde<never>,
  uuid: Serdes.uuid as () => Serde<never>,
  bytes: Serdes.bytes as () => Serde<never>,
  byteArray: Serdes.bytes as () => Serde<never>,
};

const made = new Map<string, Serde<unknown>>();

/** The same object for the same text. */
export function serdeOf(spec: string): Serde<unknown> {
  const known = made.get(spec) ?? make(spec);
  made.set(spec, known);
  return known;
}

function make(spec: string): Serde<unknown> {
  const windowed = /^timeWindowed\((.*),(\d+)\)$/.exec(spec);
  if (windowed?.[1] !== undefined) return timeWindowed(serdeOf(windowed[1]), Number(windowed[2]));
  const session = /^sessionWindowed\((.*)\)$/.exec(spec);
  if (session?.[1] !== undefined) return sessionWindowed(serdeOf(session[1]));
  const serde = builtIn[spec]?.();
  if (serde === undefined) throw new Error(`unknown serde ${spec}`);
  return serde as Serde<unknown>;
}

/** Options with the serdes that a step names. */
export function serdeOptions(step: Readonly<Record<string, unknown>>): {
  readonly key?: Serde<unknown>;
  readonly value?: Serde<unknown>;
} {
  const { key, value } = step;
  return {
    ...(typeof key === 'string' ? { key: serdeOf(key) } : {}),
    ...(typeof value === 'string' ? { value: serdeOf(value) } : {}),
  };
}
