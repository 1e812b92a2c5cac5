/**
 * The stores of a topology under test, for its test to read and write: what a processor would see, what waits in record caches too. What a test puts
 * outside a record has the time 0 where it has none of its own (JVM).
 */
import { millraceError } from '@millrace/base';
import { storeAccess, type TaskMetrics } from '@millrace/runtime';
import { recordContext, type StateStore } from '@millrace/state';
import type { StoreSpec } from '@millrace/topology';

/** What a store keeps, as its getter gives it. */
export type StoreShape =
  | 'keyValue'
  | 'timestampedKeyValue'
  | 'timestampedKeyValueWithHeaders'
  | 'versioned'
  | 'window'
  | 'timestampedWindow'
  | 'timestampedWindowWithHeaders'
  | 'session'
  | 'sessionWithHeaders';

const getters: Readonly<Record<StoreShape, { readonly type: string; readonly getter: string }>> = {
  keyValue: { type: 'a key-value store', getter: 'getKeyValueStore' },
  timestampedKeyValue: { type: 'a timestamped key-value store', getter: 'getTimestampedKeyValueStore' },
  versioned: { type: 'a versioned key-value store', getter: 'getVersionedKeyValueStore' },
  window: { type: 'a window store', getter: 'getWindowStore' },
  timestampedWindow: { type: 'a timestamped window store', getter: 'getTimestampedWindowStore' },
  session: { type: 'a session store', getter: 'getSessionStore' },
  timestampedKeyValueWithHeaders: {
    type: 'a timestamped key-value store with headers',
    getter: 'getTimestampedKeyValueStoreWithHeaders',
  },
  timestampedWindowWithHeaders: {
    type: 'a timestamped window store with headers',
    getter: 'getTimestampedWindowStoreWithHeaders',
  },
  sessionWithHeaders: { type: 'a session store with headers', getter: 'getSessionStoreWithHeaders' },
};

/** As what else stores are read: without the time or the headers that they keep. */
const plainerOf: Partial<Record<StoreShape, readonly StoreShape[]>> = {
  timestampedKeyValue: ['keyValue'],
  timestampedKeyValueWithHeaders: ['timestampedKeyValue', 'keyValue'],
  timestampedWindow: ['window'],
  timestampedWindowWithHeaders: ['timestampedWindow', 'window'],
  sessionWithHeaders: ['session'],
};

export class DriverStores {
  readonly #specs: readonly StoreSpec[];
  readonly #find: (name: string) => StateStore | undefined;
  readonly #metrics: TaskMetrics;

  constructor(specs: readonly StoreSpec[], find: (name: string) => StateStore | undefined, metrics: TaskMetrics) {
    this.#specs = specs;
    this.#find = find;
    this.#metrics = metrics;
  }

  /** Undefined when the topology has none of the name. Throws MR_TEST_STORE_TYPE for one of another shape. */
  get(name: string, wanted: StoreShape): unknown {
    const spec = this.#specs.find((one) => one.name === name);
    if (spec === undefined) return undefined;
    const shape = shapeOf(spec);
    const isMeant = shape !== undefined && (shape === wanted || plainerOf[shape]?.includes(wanted) === true);
    if (!isMeant) throw otherType(spec, shape);
    const context = { ...recordContext(), timestamp: 0 };
    const timestamped = wanted === 'timestampedKeyValue' || wanted === 'timestampedWindow';
    const hidesHeaders = shape !== wanted;
    return storeAccess({ ...spec, timestamped, hidesHeaders }, this.#find(name), context, this.#metrics);
  }

  /** A store that no getter of a type gives. Undefined when there is none of the name; throws MR_TEST_STORE_TYPE for the others. */
  untyped(name: string): { readonly name: string } | undefined {
    const spec = this.#specs.find((one) => one.name === name);
    if (spec === undefined) return undefined;
    const shape = shapeOf(spec);
    if (shape !== undefined) throw otherType(spec, shape);
    return { name };
  }

  /** All stores by name, each in its own shape. */
  all(): ReadonlyMap<string, { readonly name: string }> {
    const named = this.#specs.map((spec) => {
      const shape = shapeOf(spec);
      const store = shape === undefined ? { name: spec.name } : this.get(spec.name, shape);
      return [spec.name, store as { readonly name: string }] as const;
    });
    return new Map(named);
  }
}

const withHeaders: Partial<Record<StoreSpec['kind'], StoreShape>> = {
  keyValue: 'timestampedKeyValueWithHeaders',
  window: 'timestampedWindowWithHeaders',
  session: 'sessionWithHeaders',
};

function shapeOf({ kind, timestamped = true, keepsHeaders = false }: StoreSpec): StoreShape | undefined {
  if (keepsHeaders) return withHeaders[kind];
  switch (kind) {
    case 'keyValue':
      return timestamped ? 'timestampedKeyValue' : 'keyValue';
    case 'window':
      return timestamped ? 'timestampedWindow' : 'window';
    case 'join':
      return 'window';
    case 'session':
    case 'versioned':
      return kind;
    default:
      return undefined;
  }
}

function otherType({ name, kind }: StoreSpec, shape: StoreShape | undefined): Error {
  const { type, getter } =
    shape === undefined ? { type: `of the kind ${kind}`, getter: 'getStateStore' } : getters[shape];
  return millraceError('MR_TEST_STORE_TYPE', { store: name, type, getter });
}
