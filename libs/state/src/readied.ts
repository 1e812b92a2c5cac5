import type { Serde } from '@millrace/serde';

/** Waits for what a serde needs to read these bytes, such as a schema. */
export async function readied(serde: Serde<unknown>, topic: string, bytes: Buffer): Promise<void> {
  await serde.prepare?.(topic, bytes);
}
