import { millraceError } from '@millrace/base';
import { describe } from './serdes.ts';
import type { Serde } from './serde.ts';

/** JSON text in UTF-8. What JSON cannot hold (undefined, functions, bigint) is refused. */
export function json<T>(): Serde<T> {
  return {
    name: 'json',
    serialize: (topic, value) => {
      const text = stringify(topic, value);
      if (text === undefined)
        throw millraceError('MR_SERDE_UNSUITABLE', { serde: 'json', topic, value: describe(value) });
      return Buffer.from(text);
    },
    deserialize: (topic, bytes) => {
      try {
        return JSON.parse(bytes.toString('utf8')) as T;
      } catch (cause) {
        throw millraceError('MR_SERDE_UNREADABLE', { serde: 'json', topic, problem: 'not JSON' }, cause);
      }
    },
  };
}

function stringify(topic: string, value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw millraceError('MR_SERDE_UNSUITABLE', { serde: 'json', topic, value: describe(value) }, cause);
  }
}
