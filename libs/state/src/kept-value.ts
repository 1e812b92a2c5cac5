/** How values of a store are kept in its rows: as they are, or with headers beside them (KIP-1271). */
import type { Header } from '@millrace/ports';
import type { ValueWithHeaders } from '@millrace/serde';
import { ownHeaders } from './record-context.ts';

/** Neither is asked for null, which is no row. */
export interface KeptValue {
  read(kept: unknown): unknown;
  written(value: unknown): unknown;
}

export const asItIs: KeptValue = { read: (kept) => kept, written: (value) => value };

/** The headers are not seen, and what is written has none. */
export const headless: KeptValue = {
  read: (kept) => (kept as ValueWithHeaders<unknown>).value,
  written: (value) => keptWithHeaders(value, []),
};

/** The headers are a copy, for a record may go on to change its own. */
export function keptWithHeaders(value: unknown, headers: Iterable<Header>): ValueWithHeaders<unknown> {
  return { value, headers: ownHeaders([...headers]) };
}
