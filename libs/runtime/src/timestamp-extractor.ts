/** The event time of the records of a source. */
import { invariant } from '@millrace/base';
import type { Program, SourceNode } from '@millrace/topology';

export type TimestampFunction = (
  value: unknown,
  key: unknown,
  recordTimestamp: number,
  partitionTime: number,
) => number;

/** There is no time to be had: unlike other negative times, which pass a record over, it is an error. */
export const unknownTime = -Infinity;

/** Undefined: the record's own timestamp, as it is. */
export function extractorOf(
  { timestampExtractor: extractor }: SourceNode,
  { functions }: Program,
  wallClock: () => number,
): TimestampFunction | undefined {
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
