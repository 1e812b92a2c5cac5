/** A topology that grows step by step; what each step makes is known by its types. */
import type { Step } from '../golden-case.ts';
import type { Draw } from './draw.ts';

/** The serde of what flows: a text of the case language (its section 4). */
export type Type = string;

/** A stream or table. `key` and `value` are what flows; `keySerde` and `valueSerde` what the library carries along, if that is known. */
export interface Flow {
  readonly ref: string;
  readonly kind: 'stream' | 'table' | 'global';
  readonly key: Type;
  readonly value: Type;
  readonly keySerde?: Type | undefined;
  readonly valueSerde?: Type | undefined;
}

export type Fields = Readonly<Record<string, unknown>>;

export class Plan {
  readonly draw: Draw;
  readonly steps: Step[] = [];
  readonly topics: Record<string, readonly [key: Type, value: Type]> = {};
  /** Topics that are fed. */
  readonly fed: string[] = [];
  /** Topics whose values their source cannot always read. */
  readonly poisoned = new Set<string>();
  /** Stores of tables with texts, to be looked up in. */
  readonly lookups: { readonly store: string; readonly isGlobal: boolean }[] = [];
  /** Whether something waits for the wall clock. */
  waits = false;
  /** In so many of a hundred names one is taken that is used already, or is none. */
  badNames = 0;
  readonly #names: string[] = ['', 'a b', 'KSTREAM-FILTER-0000000001'];
  #count = 0;

  constructor(draw: Draw) {
    this.draw = draw;
  }

  fresh(prefix: string): string {
    return `${prefix}${++this.#count}`;
  }

  step(op: string, fields: Fields): void {
    this.steps.push({ op, ...fields });
  }

  /** `name`, in so many of a hundred cases. */
  named(percent = 20): Fields {
    return this.draw.maybe(percent, () => {
      if (this.draw.chance(this.badNames)) return { name: this.draw.of(this.#names) };
      const name = this.fresh('n');
      this.#names.push(name);
      return { name };
    });
  }

  /** Adds a step that makes a stream or table of a flow. */
  grow(op: string, from: Flow, fields: Fields, made: Partial<Flow> = {}): Flow {
    const out = this.fresh('f');
    this.step(op, { in: from.ref, out, ...fields });
    return { ...from, ...made, ref: out };
  }

  /** The serdes of a flow under `key` and `value`; one that the library has anyway is left out now and then. */
  serdes(flow: Pick<Flow, 'key' | 'value' | 'keySerde' | 'valueSerde'>, isGiven = 40): Fields {
    return {
      ...this.serde('key', flow.key, flow.keySerde, isGiven),
      ...this.serde('value', flow.value, flow.valueSerde, isGiven),
    };
  }

  serde(field: string, type: Type, carried: Type | undefined, isGiven = 40): Fields {
    const isKnown = type === 'string' || carried === type;
    return !isKnown || this.draw.chance(isGiven) ? { [field]: type } : {};
  }
}
