/** The verdict, after all processes have ended. */
import type { KafkaClient } from '@millrace/ports';
import type { Rows } from './cassandra-rows.ts';
import type { ChaosResult } from './chaos.ts';
import { compareCounts, compareRankings } from './compare.ts';
import type { Expected } from './expected.ts';
import type { ServiceProcess } from './processes.ts';
import { ResultLog } from './result-log.ts';
import { repartitionTopics, type RunNames } from './run-names.ts';
import { countRecords, readTopics } from './topic-reader.ts';

export interface CheckOptions {
  /** Reads with other code than the system under test. */
  readonly reader: KafkaClient;
  readonly names: RunNames;
  readonly expected: Expected;
  /** What a read_committed reader saw while processes were killed. */
  readonly seenDuringRun: ResultLog;
  readonly rows: Rows | undefined;
  readonly kills: ChaosResult;
  readonly processes: readonly ServiceProcess[];
}

/** So many kills of workers must have struck an open transaction. */
const provingKills = 5;

export interface Findings {
  /** Committed records by result topic. */
  readonly records: Readonly<Record<string, number>>;
  /** Records of aborted transactions that a read_uncommitted reader saw. */
  readonly aborted: number;
  readonly rows: number;
  /** What is lost, double, stale, or otherwise not as it must be. */
  readonly faults: readonly string[];
}

export async function check({
  reader,
  names,
  expected,
  seenDuringRun,
  rows,
  kills,
  processes,
}: CheckOptions): Promise<Findings> {
  const topics = ResultLog.topics(names.prefix);
  const final = new ResultLog(names.prefix);
  await readTopics(reader, topics, 'read_committed', (batch, i) => final.add(batch, i));
  const aborted = await abortedRecords(reader, names);
  const faults = [
    ...processes.flatMap(({ crashes }) => crashes),
    ...final.faults(expected),
    ...final.differencesFrom(seenDuringRun),
    ...rowFaults(rows, expected),
  ];
  if (aborted === 0 && (kills.leftOpen > 0 || kills.workers >= provingKills))
    faults.push('no aborted record was seen although workers were killed in transactions: nothing was proved');
  const records = Object.fromEntries(topics.map((topic) => [topic, final.records.get(topic) ?? 0]));
  return { records, aborted, rows: (rows?.counts.size ?? 0) + rankedRows(rows), faults };
}

/** What differs between the tables and the fold; nothing when there are no tables. */
export function rowFaults(rows: Rows | undefined, expected: Expected): string[] {
  if (rows === undefined) return [];
  return [
    ...compareCounts('table hashtags', rows.counts, expected, ['all', 'day', 'window']),
    ...compareRankings('table trending', rows.rankings, expected),
  ];
}

function rankedRows(rows: Rows | undefined): number {
  return [...(rows?.rankings.values() ?? [])].reduce((sum, { entries }) => sum + entries.length, 0);
}

/** In the topics of results and of repartitions; the latter are cleared behind their readers, so there it is what is left. */
async function abortedRecords(reader: KafkaClient, { prefix, applicationId }: RunNames): Promise<number> {
  const topics = [...ResultLog.topics(prefix), ...repartitionTopics(applicationId)];
  const all = await countRecords(reader, topics, 'read_uncommitted');
  return all - (await countRecords(reader, topics, 'read_committed'));
}
