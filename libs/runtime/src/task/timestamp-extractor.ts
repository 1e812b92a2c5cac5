/** The event time of the records of a source. */
import { invariant } from '@millrace/base';
import type { BuiltInExtractor, Program, SourceNode } from '@millrace/topology';
import type { Kind } from '../settings/setting.ts';

export type TimestampFunction = (
  value: unknown,
  key: unknown,
  recordTimestamp: number,
  partitionTime: number,
) => number;

/** There is no time to be had: unlike other negative times, which pass a record over, it is an error. */
export const unknownTime = -Infinity;

/** What sources do that do not say it themselves: a function, or the name of a policy. */
export type DefaultTimestampExtractor = TimestampFunction | BuiltInExtractor['builtIn'] | 'failOnInvalidTimestamp';

const policies = [
  'failOnInvalidTimestamp',
  'logAndSkipOnInvalidTimestamp',
  'usePartitionTimeOnInvalidTimestamp',
  'wallclock',
] as const;

/** A policy by its name, or by that of the JVM library's class. */
export const timestampExtractor: Kind<DefaultTimestampExtractor> = {
  expected: `one of ${policies.join(', ')}, or a function, given in code`,
  read: (raw) => {
    if (typeof raw === 'function') return raw as TimestampFunction;
    if (typeof raw !== 'string') return undefined;
    const name = raw.slice(raw.lastIndexOf('.') + 1).toLowerCase();
    return policies.find(
      (policy) => policy.toLowerCase() === name || `${policy.toLowerCase()}timestampextractor` === name,
    );
  },
};

/** Undefined: the record's own timestamp, as it is. Internal topics have valid timestamps (JVM: FailOnInvalidTimestamp). */
export function extractorOf(
  { timestampExtractor: own, internal }: SourceNode,
  { functions }: Program,
  wallClock: () => number,
  fallback: DefaultTimestampExtractor = 'failOnInvalidTimestamp',
): TimestampFunction | undefined {
  if (typeof fallback === 'function' && own === null && !internal) return fallback;
  const extractor = own ?? (internal || typeof fallback === 'function' ? null : builtIn(fallback));
  if (extractor === null) return undefined;
  if (typeof extractor === 'string') {
    const found = functions[extractor];
    invariant(found !== undefined, `the program has the function ${extractor}`);
    return found as TimestampFunction;
  }
  switch (extractor.builtIn) {
    case 'logAndSkipOnInvalidTimestamp':
      return (_value, _key, recordTimestamp) => recordTimestamp;
    case 'usePartitionTimeOnInvalidTimestamp':
      return (_value, _key, recordTimestamp, partitionTime) =>
        recordTimestamp >= 0 ? recordTimestamp : partitionTime >= 0 ? partitionTime : unknownTime;
    case 'wallclock':
      return () => wallClock();
  }
}

function builtIn(policy: Exclude<DefaultTimestampExtractor, TimestampFunction>): BuiltInExtractor | null {
  return policy === 'failOnInvalidTimestamp' ? null : { builtIn: policy };
}
