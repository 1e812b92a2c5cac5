/** The serdes of a program's nodes and stores: named ones, the defaults of the application where none is named, and what foreign-key joins wrap. */
import { millraceError } from '@millrace/base';
import { change, subscription, subscriptionResponse, type Serde } from '@millrace/serde';
import type { Program, SerdeRef, SinkNode, SourceNode, StoreSpec } from '@millrace/topology';
import { isBefore, type CompileEnvironment } from './compile-environment.ts';

type Defaults = Pick<CompileEnvironment, 'defaultKeySerde' | 'defaultValueSerde' | 'upgradeFrom'>;

export class ProgramSerdes {
  readonly #program: Program;
  readonly #defaults: Defaults;

  constructor(program: Program, defaults: Defaults) {
    this.#program = program;
    this.#defaults = defaults;
  }

  key(ref: SerdeRef | null, where: string): Serde<unknown> {
    return found(this.keyIfAny(ref), where);
  }

  value(ref: SerdeRef | null, where: string): Serde<unknown> {
    return found(this.#serde(ref, this.#defaults.defaultValueSerde), where);
  }

  keyIfAny(ref: SerdeRef | null): Serde<unknown> | undefined {
    return this.#serde(ref, this.#defaults.defaultKeySerde);
  }

  /** For values as they are in a topic or store: maybe within a `Change` or a message of a foreign-key join. */
  wrapped({ valueSerde, wrapped }: SourceNode | SinkNode | StoreSpec, where: string, topic: string): Serde<unknown> {
    if (wrapped === 'subscription') {
      const version = isBefore(this.#defaults.upgradeFrom, 3, 4) ? 0 : 1;
      return subscription(this.key(valueSerde, where), `${topic}-pk`, version) as Serde<unknown>;
    }
    const serde = this.value(valueSerde, where);
    if (wrapped === 'change') return change(serde, !isBefore(this.#defaults.upgradeFrom, 3, 5)) as Serde<unknown>;
    return wrapped === undefined ? serde : (subscriptionResponse(serde) as Serde<unknown>);
  }

  #serde(ref: SerdeRef | null, fallback: Serde<unknown> | undefined): Serde<unknown> | undefined {
    return ref === null ? fallback : this.#program.serdes[ref];
  }
}

function found(serde: Serde<unknown> | undefined, where: string): Serde<unknown> {
  if (serde === undefined) throw millraceError('MR_RUNTIME_SERDE_MISSING', { where });
  return serde;
}
