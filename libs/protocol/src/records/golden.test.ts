/** Every record batch of the golden file, read and, where uncompressed, written again. */
import { expect, test } from '@jest/globals';
import { batchFaults, readWireGoldens } from '@millrace/testing/goldens';
import { forEachBatch } from './batch-header.ts';
import { decodeControlRecord, encodeControlBatch } from './control-batch.ts';
import { decodeBatch } from './decode-batch.ts';
import { RecordColumns } from './record-columns.ts';

const golden = readWireGoldens(new URL('../../testdata/wire.json.gz', import.meta.url)).recordBatches;

test('the golden file has batches', () => expect(golden.length).toBeGreaterThan(10));

test.each(golden)('batch $name reads, and is written, as by the JVM', (batch) => {
  expect(batchFaults(batch)).toEqual([]);
});

test.each([
  ['COMMIT', 'commit-marker', 9, 12],
  ['ABORT', 'abort-marker', 0, 13],
] as const)('a %s marker is written and read as by the JVM', (type, name, coordinatorEpoch, baseOffset) => {
  const expected = golden.find((each) => each.name === name)?.bytes;
  const at = { producerId: 4001, producerEpoch: 3, timestamp: 1_700_000_000_000, baseOffset, leaderEpoch: 5 };
  const batch = encodeControlBatch({ type, coordinatorEpoch, ...at });
  const columns = new RecordColumns();
  forEachBatch(batch, (header) => decodeBatch(batch, header, columns));
  expect(decodeControlRecord(columns, 0)).toEqual({ type, coordinatorEpoch });
  expect(batch.toString('hex')).toBe(expected);
});
