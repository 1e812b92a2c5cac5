/** A stream joined with a versioned table with a grace (KIP-923): a record waits until late rows of its time have come. */
import { millraceError } from '@millrace/base';
import type { JoinBuffer } from '@millrace/state';
import type { StreamNode } from './node-function.ts';
import { tableLookup, type LookupOptions } from './table-lookup.ts';

export interface GraceJoinOptions extends Omit<LookupOptions, 'keySelector'> {
  readonly buffer: JoinBuffer;
}

export function graceJoin({ buffer, ...lookup }: GraceJoinOptions): StreamNode {
  const { where, isLeft, metrics } = lookup;
  const join = tableLookup(lookup);
  return (key, value, timestamp) => {
    if (value === null || (key === null && !isLeft)) return metrics.dropped(where);
    // The JVM library cannot keep it either.
    if (key === null) throw millraceError('MR_RUNTIME_JOIN_GRACE_KEY', { where });
    if (buffer.put(key, value, timestamp)) buffer.release(join);
    else join(key, value, timestamp);
  };
}
