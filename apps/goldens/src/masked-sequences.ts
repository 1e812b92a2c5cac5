/**
 * Sequence numbers of window stores with duplicates: they count the writes of an incarnation of the store. The JVM begins with 0 after each start, and
 * overwrites rows of the same key and time so; here they go on behind the greatest that is stored. In both, which they are is no result.
 */
import { Buffer } from 'node:buffer';
import { changelogTopicName } from '@millrace/topology';
import type { GoldenCase } from './golden-case.ts';
import type { Outcome } from './run-case.ts';

const sequenceBytes = 4;

/** The case and its outcome without sequence numbers. */
export function withoutSequences(golden: GoldenCase, outcome: Outcome): { golden: GoldenCase; outcome: Outcome } {
  const { program, applicationId } = outcome;
  const stores = program?.topology.stores.filter(({ kind }) => kind === 'join') ?? [];
  const topics = new Set(stores.map(({ name }) => changelogTopicName(applicationId, name)));
  const produced = outcome.produced.map((record) =>
    topics.has(record.topic) && record.key !== null
      ? { ...record, key: Buffer.concat([record.key.subarray(0, -sequenceBytes), Buffer.alloc(sequenceBytes)]) }
      : record,
  );
  const changelogs = Object.entries(golden.expected.changelogs).map(([topic, records]) => [
    topic,
    records.map((record) =>
      topics.has(topic) && record.key !== null
        ? { ...record, key: record.key.slice(0, -2 * sequenceBytes) + '0'.repeat(2 * sequenceBytes) }
        : record,
    ),
  ]);
  return {
    golden: { ...golden, expected: { ...golden.expected, changelogs: Object.fromEntries(changelogs) } },
    outcome: { ...outcome, produced },
  };
}
