import type { StoreSpec } from '@millrace/topology';
import { isBuffer } from '../compile/buffered-changes.ts';

/** Whether copies of a store can be kept: from its changelog, or from the topic that stands for it. What waits in buffers is not copied. */
export function isCopied(spec: StoreSpec): boolean {
  return (spec.logging || spec.sourceTopic !== undefined) && !isBuffer(spec);
}
