import type { StoreSpec } from '@millrace/topology';

/**
 * Whether a store holds what waits in an operator. It is in memory alone and is read from its changelog whenever its task begins: a copy has no use
 * for it.
 */
export function isBuffer({ kind }: StoreSpec): boolean {
  return kind === 'suppressBuffer' || kind === 'joinBuffer';
}
