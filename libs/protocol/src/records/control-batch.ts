/** Transaction markers: control batches of one record that end a transaction on a partition (KIP-98). */
import { Buffer } from 'node:buffer';
import { BATCH } from './batch-header.ts';
import { BatchBuilder } from './batch-builder.ts';
import type { RecordColumns } from './record-columns.ts';

/** How a transaction ended. */
export type MarkerType = 'ABORT' | 'COMMIT';

/** A marker to be written. */
export interface Marker {
  readonly type: MarkerType;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  readonly timestamp: number;
  readonly baseOffset?: number;
  readonly leaderEpoch?: number;
}

/** Control records of other types, which a reader skips, are undefined. */
export interface ControlRecord {
  readonly type: MarkerType;
  readonly coordinatorEpoch: number;
}

const TYPES: readonly MarkerType[] = ['ABORT', 'COMMIT'];

/** Encodes a marker as a batch. */
export function encodeControlBatch(marker: Marker): Buffer {
  const key = Buffer.alloc(4);
  key.writeInt16BE(TYPES.indexOf(marker.type), 2);
  const value = Buffer.alloc(6);
  value.writeInt32BE(marker.coordinatorEpoch, 2);
  const builder = new BatchBuilder({ initialBytes: BATCH.RECORDS + 64 });
  builder.append(key, value, marker.timestamp);
  const { producerId, producerEpoch, baseOffset = 0, leaderEpoch = -1 } = marker;
  return builder.build({ producerId, producerEpoch, baseOffset, leaderEpoch, isTransactional: true, isControl: true });
}

/** Reads a record of a control batch; undefined for a type that a consumer has nothing to do with. */
export function decodeControlRecord(columns: RecordColumns, i: number): ControlRecord | undefined {
  const key = columns.key(i);
  const value = columns.value(i);
  if (key === null || key.length < 4) return undefined;
  const type = TYPES[key.readInt16BE(2)];
  if (type === undefined) return undefined;
  return { type, coordinatorEpoch: value !== null && value.length >= 6 ? value.readInt32BE(2) : -1 };
}
