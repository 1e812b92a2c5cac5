/**
 * While a simulation runs, ambient time and randomness throw: code that reached for them would differ from run to run.
 * The way out for code that needs time or chance is a port: Clock, Random.
 */
import { millraceError } from '@millrace/base';

const timers = ['setTimeout', 'setInterval', 'setImmediate'] as const;

/** Poisons the globals; the returned function mends them. */
export function poisonAmbient(): () => void {
  const undo: (() => void)[] = [];
  const poison = (object: object, name: string): void => {
    const descriptor = Object.getOwnPropertyDescriptor(object, name);
    if (descriptor === undefined || descriptor.configurable === false) return;
    const refuse = (): never => {
      throw millraceError('MR_INVARIANT', { why: `nothing in a simulation uses ${name} except through a port` });
    };
    Object.defineProperty(object, name, {
      ...descriptor,
      ...('value' in descriptor ? { value: refuse } : { get: refuse }),
    });
    undo.push(() => Object.defineProperty(object, name, descriptor));
  };
  for (const name of timers) poison(globalThis, name);
  poison(Date, 'now');
  poison(Math, 'random');
  return () => undo.forEach((mend) => mend());
}
