/** The store fields of a step as a declaration of the DSL. */
import { Stores, type StoreBuilder } from '@millrace/dsl';
import { serdeOptions } from '../case-serdes.ts';
import { optionsOf } from './step-options.ts';
import { supplied } from './suppliers.ts';

type Given = Readonly<Record<string, unknown>>;
type AnyBuilder = StoreBuilder<unknown>;
type Options = Parameters<typeof Stores.windowStore<unknown, unknown>>[0];

const makers: Readonly<Record<string, (options: Options) => AnyBuilder>> = {
  keyValue: Stores.keyValueStore,
  timestampedKeyValue: Stores.timestampedKeyValueStore,
  session: Stores.sessionStore,
  window: Stores.windowStore,
  timestampedWindow: Stores.timestampedWindowStore,
  versioned: (options) => Stores.versionedKeyValueStore(options as never),
};

export function storeBuilder(step: Given): AnyBuilder {
  const kind = String(step['kind'] ?? 'keyValue');
  const supplier = step['supplier'] as Given;
  const make = makers[kind];
  if (make === undefined) throw new Error(`stores of the kind ${kind} are not known yet`);
  return make({ ...storeFields(step), ...supplierFields(supplier) });
}

function storeFields(step: Given): Partial<Options> {
  const { logging } = step;
  return {
    ...serdeOptions(step),
    ...optionsOf(step, ['caching']),
    ...(logging === undefined ? {} : { logging: logging !== false }),
    ...(typeof logging === 'object' && logging !== null ? { logConfig: logging as Record<string, string> } : {}),
  };
}

function supplierFields(supplier: Given): Options {
  const { kind, retentionMs = 0, windowMs = 0, retainDuplicates } = supplier;
  return {
    ...(supplied(supplier) as Options),
    retention: Number(retentionMs),
    windowSize: Number(windowMs),
    retainDuplicates: retainDuplicates === true && kind !== 'persistentTimestampedWindow',
  };
}
