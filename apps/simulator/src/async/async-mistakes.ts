/** Mistakes to make on purpose in the engine's asynchronous steps: a method is another one for the time of a run. The simulator must catch each of them. */
import { AsyncStep, type AsyncRecord } from '@millrace/runtime/async-step';
import { AsyncWork, type AsyncDone } from '@millrace/runtime/async-work';
import { byKey } from './async-program.ts';

/** Makes a mistake; what it gives mends it. */
export type Mistake = () => () => void;

export const mistakes = {
  /** A commit does not wait for the calls under way: it covers records whose results are not written. */
  unawaited: () => replacing(AsyncWork.prototype, 'isBusy', { get: () => false }),
  /** What is done at the same time leaves in the wrong order. */
  newestFirst: () => {
    const { value: take } = methodOf<() => AsyncDone | undefined>(AsyncWork.prototype, 'take');
    const taken = new WeakMap<AsyncWork, AsyncDone[]>();
    return replacing(AsyncWork.prototype, 'take', {
      value(this: AsyncWork) {
        const own = taken.get(this) ?? [];
        for (let done = take.call(this); done !== undefined; done = take.call(this)) own.push(done);
        taken.set(this, own);
        return own.pop();
      },
    });
  },
  /** Records with the same key do not wait for each other: no two keys are the same to the step. */
  laneless: () => {
    const { value: accept } = methodOf<AsyncStep['accept']>(AsyncStep.prototype, 'accept');
    const { value: take } = methodOf<AsyncStep['take']>(AsyncStep.prototype, 'take');
    let records = 0;
    const mends = [
      replacing(AsyncStep.prototype, 'accept', {
        value(this: AsyncStep, key: unknown, value: unknown, timestamp: number, cause: unknown) {
          accept.call(this, this.node === byKey ? { key, number: records++ } : key, value, timestamp, cause);
        },
      }),
      replacing(AsyncStep.prototype, 'take', {
        value(this: AsyncStep): AsyncRecord | undefined {
          const record = take.call(this);
          if (record === undefined || this.node !== byKey) return record;
          return { ...record, key: (record.key as { key: unknown }).key };
        },
      }),
    ];
    return () => mends.forEach((mend) => mend());
  },
} satisfies Record<string, Mistake>;

interface Method<F> {
  readonly value: F;
}

function methodOf<F>(prototype: object, name: string): Method<F> {
  return own(prototype, name) as Method<F>;
}

function replacing(prototype: object, name: string, replacement: PropertyDescriptor): () => void {
  const before = own(prototype, name);
  Object.defineProperty(prototype, name, { ...replacement, configurable: true });
  return () => void Object.defineProperty(prototype, name, before);
}

function own(prototype: object, name: string): PropertyDescriptor {
  const found = Object.getOwnPropertyDescriptor(prototype, name);
  if (found === undefined) throw new Error(`The engine's asynchronous steps have no ${name} any more.`);
  return found;
}
