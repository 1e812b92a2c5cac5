import type { Serde } from '@millrace/serde';
import type { CompiledSource } from '../compile/compile.ts';
import type { RecordSlice } from './input-queue.ts';

/** What must be there before some records are processed, as it is being fetched: schemas not seen before, rows of the first stores. */
export function needsOf(source: CompiledSource, records: RecordSlice): Promise<void>[] {
  return [...schemasOf(source, records), ...source.readsAhead.flatMap((store) => store.readAhead(records) ?? [])];
}

function schemasOf({ keySerde, valueSerde }: CompiledSource, records: RecordSlice): Promise<void>[] {
  const waits: Promise<void>[] = [];
  if (keySerde.prepare === undefined && valueSerde.prepare === undefined) return waits;
  const look = (serde: Serde<unknown>, bytes: Buffer | null): void => {
    const wait = bytes === null ? undefined : serde.prepare?.(records.topic, bytes);
    if (wait !== undefined) waits.push(wait);
  };
  for (let i = 0; i < records.count; i++) {
    if (keySerde.prepare !== undefined) look(keySerde, records.key(i));
    if (valueSerde.prepare !== undefined) look(valueSerde, records.value(i));
  }
  return waits;
}
