/**
 * While a simulation runs, ambient time and randomness throw: code that reached for them would differ from run to run.
 * The way out for code that needs time or chance is a port: Clock, Random.
 */
import { millraceError } from '@millrace/base';

const timers = ['setTimeout', 'setInterval', 'setImmediate'] as const;

/** Poisons the globals; the returned function mends them. */
export function poisonAmbient(): () => void {
  const undo: (() => void)[] = [];
  const replace = (object: object, name: string, make: (value: unknown) => unknown): void => {
    const descriptor = Object.getOwnPropertyDescriptor(object, name);
    if (descriptor === undefined || descriptor.configurable === false) return;
    const value: unknown = Reflect.get(object, name);
    Object.defineProperty(object, name, { value: make(value), configurable: true, writable: true });
    undo.push(() => Object.defineProperty(object, name, descriptor));
  };
  const poison = (object: object, name: string): void => replace(object, name, () => refusal(name));
  for (const name of timers) poison(globalThis, name);
  poison(Date, 'now');
  replace(globalThis, 'Date', (real) => timelessDate(real as DateConstructor));
  poison(Object.getPrototypeOf(performance) as object, 'now');
  poison(Math, 'random');
  const cryptoPrototype = Object.getPrototypeOf(globalThis.crypto) as object;
  poison(cryptoPrototype, 'getRandomValues');
  poison(cryptoPrototype, 'randomUUID');
  return () => undo.reverse().forEach((mend) => mend());
}

function refusal(name: string): () => never {
  return () => {
    throw millraceError('MR_INVARIANT', { why: `nothing in a simulation uses ${name} except through a port` });
  };
}

/** Dates of a given time are values; the date of now is not. */
function timelessDate(real: DateConstructor): DateConstructor {
  return new Proxy(real, {
    apply: refusal('Date()'),
    construct: (target, args, self) =>
      args.length === 0 ? refusal('a Date of now')() : Reflect.construct(target, args, self),
  });
}
