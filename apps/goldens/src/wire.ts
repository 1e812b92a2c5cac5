/** Messages and record batches of kafka-clients, both ways. */
import { batchFaults, messageFaults, readWireGoldens } from '@millrace/testing/goldens';

export interface WireResult {
  readonly count: number;
  /** One entry for each message or batch that differs. */
  readonly failed: readonly string[];
}

export function runWire(file: string): WireResult {
  const { messages, recordBatches } = readWireGoldens(file);
  const faults = [...messages.map(messageFaults), ...recordBatches.map(batchFaults)];
  return { count: faults.length, failed: faults.filter((each) => each.length > 0).map((each) => each.join('\n    ')) };
}
