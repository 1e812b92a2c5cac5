/**
 * The stores of a topology under test, for its test to read and write: what a processor would see, what waits in record caches too. What a test puts
 * outside a record has the time 0 where it has none of its own (JVM).
 */
import { millraceError } from '@millrace/base';
import { storeAccess, type TaskMetrics } from '@millrace/runtime';
import { recordContext, type StateStore } from '@millrace/state';
import type { StoreSpec } from '@millrace/topology';

/** What a store keeps, as its getter gives it. */
export type StoreShape = 'keyValue' | 'timestampedKeyValue' | 'versioned' | 'window' | 'timestampedWindow' | 'session';

const getters: Readonly<Record<StoreShape, { readonly type: string; readonly getter: string }>> = {
  keyValue: { type: 'a key-value store', getter: 'getKeyValueStore' },
  timestampedKeyValue: { type: 'a timestamped key-value store', getter: 'getTimestampedKeyValueStore' },
  versioned: { type: 'a versioned key-value store', getter: 'getVersionedKeyValueStore' },
  window: { type: 'a window store', getter: 'getWindowStore' },
  timestampedWindow: { type: 'a timestamped window store', getter: 'getTimestampedWindowStore' },
  session: { type: 'a session store', getter: 'getSessionStore' },
};

/** Values without their time, of stores that keep it. */
const plainOf: Partial<Record<StoreShape, StoreShape>> = {
  timestampedKeyValue: 'keyValue',
  timestampedWindow: 'window',
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
    if (shape !== wanted && (shape === undefined || plainOf[shape] !== wanted)) throw otherType(spec, shape);
    const context = { ...recordContext(), timestamp: 0 };
    const timestamped = wanted === 'timestampedKeyValue' || wanted === 'timestampedWindow';
    return storeAccess({ ...spec, timestamped }, this.#find(name), context, this.#metrics);
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

function shapeOf({ kind, timestamped = true }: StoreSpec): StoreShape | undefined {
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
