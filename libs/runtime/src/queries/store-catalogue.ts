/** The stores of a topology by name, and what may be read of them from outside. */
import { millraceError } from '@millrace/base';
import { subtopologies, type Program, type StoreSpec, type Subtopology } from '@millrace/topology';
import { globalPart } from '../global/global-part.ts';

export interface CatalogueEntry {
  readonly spec: StoreSpec;
  readonly subtopology: Subtopology;
  /** Every instance has it whole. */
  readonly isGlobal: boolean;
}

/** What holds records for an operator, and no rows for a reader. */
const internals: Partial<Record<StoreSpec['kind'], string>> = {
  suppressBuffer: 'suppress buffer',
  joinBuffer: 'buffer of records that wait',
  joinWaiting: 'store of records without a partner',
};

export class StoreCatalogue {
  readonly #entries: ReadonlyMap<string, CatalogueEntry>;

  constructor({ topology }: Program) {
    const global = globalPart(topology);
    const parts = [...subtopologies(topology), ...(global === undefined ? [] : [global])];
    const entries = parts.flatMap((subtopology) =>
      subtopology.stores.map((spec) => [spec.name, { spec, subtopology, isGlobal: subtopology === global }] as const),
    );
    this.#entries = new Map(entries);
  }

  /** Names of the stores that can be read. */
  get names(): readonly string[] {
    return [...this.#entries.values()]
      .filter(({ spec }) => internalOf(spec) === undefined)
      .map(({ spec }) => spec.name);
  }

  /** Names of the stores of a sub-topology that can be read. */
  namesIn(subtopology: number): readonly string[] {
    return this.names.filter((name) => this.#entries.get(name)?.subtopology.id === subtopology);
  }

  /** Throws MR_QUERY_STORE_UNKNOWN or MR_QUERY_STORE_NOT_QUERYABLE. */
  entry(store: string): CatalogueEntry {
    const entry = this.#entries.get(store);
    if (entry === undefined) throw millraceError('MR_QUERY_STORE_UNKNOWN', { store, known: this.names });
    const kind = internalOf(entry.spec);
    if (kind !== undefined) throw millraceError('MR_QUERY_STORE_NOT_QUERYABLE', { store, kind });
    return entry;
  }
}

function internalOf({ kind, wrapped }: StoreSpec): string | undefined {
  return wrapped === undefined ? internals[kind] : 'subscription store';
}
