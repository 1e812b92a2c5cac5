export { batchFaults, type GoldenBatches } from './wire-batches.ts';
export { readWireGoldens, type WireGoldens } from './wire-file.ts';
export { messageFaults, type GoldenMessage } from './wire-messages.ts';
