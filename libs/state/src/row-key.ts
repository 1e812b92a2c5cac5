import type { Serde } from '@millrace/serde';
import type { RowKey } from './resident-rows.ts';

/** How a key becomes the key of a map: as it is where its serde says that equal values are equal bytes, else by its bytes. */
export function rowKeyOf(serde: Serde<unknown>, topic: string): (key: unknown) => RowKey {
  const { mapKey } = serde;
  if (mapKey !== undefined) return (key) => mapKey.call(serde, topic, key);
  return (key) => {
    const bytes = serde.serialize(topic, key);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  };
}

/** A key that was read, or undefined: what is wrong with it is said when its record is processed. */
export function readableKey(serde: Serde<unknown>, topic: string, bytes: Buffer): unknown {
  try {
    return serde.deserialize(topic, bytes);
  } catch {
    return undefined;
  }
}
