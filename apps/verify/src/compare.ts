/** The results against the fold: pure, and imported by nothing that makes results. */
import { separator, type Expected } from './expected.ts';

/** One record of a result topic or one row of a table, brought to the same form. */
export interface CountSeen {
  readonly hashtag: string;
  readonly interval: string;
  readonly mentions: number;
}

export interface RankingSeen {
  readonly windowStart: number;
  readonly entries: readonly { readonly hashtag: string; readonly mentions: number }[];
}

/** What an interval spans: `ALL`, `2015-02-17`, `2015-02-17T10:10Z`. */
export type Span = 'all' | 'day' | 'window';

const faultsShown = 20;

/**
 * Counts as they follow each other in a topic, partition by partition: per key they must only grow (a repeated or smaller count is a
 * record that was processed twice or out of a stale state), and the last one must be the expected one.
 */
export function compareCountLog(
  where: string,
  seen: readonly CountSeen[],
  expected: Expected,
  spans: readonly Span[],
): string[] {
  const faults: string[] = [];
  const last = new Map<string, number>();
  for (const { hashtag, interval, mentions } of seen) {
    const key = `${hashtag}${separator}${interval}`;
    const before = last.get(key);
    if (before !== undefined && mentions <= before)
      faults.push(`${where}: #${hashtag} ${interval} went from ${before} to ${mentions}`);
    last.set(key, mentions);
  }
  return [...faults, ...compareCounts(where, last, expected, spans)];
}

/** Final counts of some spans against the fold: none lost, none double, none that should not be. */
export function compareCounts(
  where: string,
  last: ReadonlyMap<string, number>,
  expected: Expected,
  spans: readonly Span[],
): string[] {
  const faults: string[] = [];
  for (const [key, mentions] of expected.counts) {
    const seen = last.get(key);
    if (spans.includes(spanOf(key)) && seen !== mentions)
      faults.push(`${where}: ${text(key)} is ${seen ?? 'missing'}, expected ${mentions}`);
  }
  for (const key of last.keys()) {
    if (!expected.counts.has(key) || !spans.includes(spanOf(key)))
      faults.push(`${where}: ${text(key)} should not be there`);
  }
  return faults;
}

/** Rankings against the fold, every place of every window. */
export function compareRankings(where: string, last: ReadonlyMap<number, RankingSeen>, expected: Expected): string[] {
  const faults: string[] = [];
  for (const [start, ranking] of expected.trending) {
    const seen = last.get(start)?.entries ?? [];
    if (show(seen) !== show(ranking))
      faults.push(`${where}: window ${new Date(start).toISOString()} is [${show(seen)}], expected [${show(ranking)}]`);
  }
  for (const start of last.keys()) {
    if (!expected.trending.has(start))
      faults.push(`${where}: window ${new Date(start).toISOString()} should not be there`);
  }
  return faults;
}

/** The first faults and how many more there are. */
export function shown(faults: readonly string[]): string[] {
  const more = faults.length - faultsShown;
  return more > 0 ? [...faults.slice(0, faultsShown), `... and ${more} more`] : [...faults];
}

function spanOf(key: string): Span {
  const interval = key.slice(key.indexOf(separator) + 1);
  return interval === 'ALL' ? 'all' : interval.length === 10 ? 'day' : 'window';
}

function show(entries: RankingSeen['entries']): string {
  return entries.map(({ hashtag, mentions }) => `${hashtag}:${mentions}`).join(' ');
}

const text = (key: string): string => `#${key.replace(separator, ' ')}`;
