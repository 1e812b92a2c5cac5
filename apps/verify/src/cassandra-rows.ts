import cassandra from 'cassandra-driver';
import type { RankingSeen } from './compare.ts';
import { separator } from './expected.ts';

/** Everything in the tables, read with the driver alone. */
export interface Rows {
  /** `hashtag␟interval` -> mentions. */
  readonly counts: Map<string, number>;
  readonly rankings: Map<number, RankingSeen>;
}

export async function readRows(contactPoint: string, keyspace: string): Promise<Rows> {
  const client = new cassandra.Client({ contactPoints: [contactPoint], localDataCenter: 'datacenter1', keyspace });
  try {
    const counts = new Map<string, number>();
    for await (const row of await client.execute('SELECT hashtag, interval, mentions FROM hashtags', [], {
      fetchSize: 5_000,
    })) {
      counts.set(`${row['hashtag']}${separator}${row['interval']}`, Number(row['mentions']));
    }
    const places = new Map<number, { rank: number; hashtag: string; mentions: number }[]>();
    for await (const row of await client.execute('SELECT window_start, rank, hashtag, mentions FROM trending', [], {
      fetchSize: 5_000,
    })) {
      const start = (row['window_start'] as Date).getTime();
      const place = {
        rank: row['rank'] as number,
        hashtag: row['hashtag'] as string,
        mentions: Number(row['mentions']),
      };
      places.set(start, [...(places.get(start) ?? []), place]);
    }
    const rankings = new Map(
      [...places].map(([windowStart, found]) => {
        const entries = found.sort((a, b) => a.rank - b.rank).map(({ hashtag, mentions }) => ({ hashtag, mentions }));
        return [windowStart, { windowStart, entries }] as const;
      }),
    );
    return { counts, rankings };
  } finally {
    await client.shutdown();
  }
}

/** Throws the keyspace away, so that no row of an earlier run can stand in for one of this run. */
export async function dropKeyspace(contactPoint: string, keyspace: string): Promise<void> {
  const client = new cassandra.Client({ contactPoints: [contactPoint], localDataCenter: 'datacenter1' });
  try {
    await client.execute(`DROP KEYSPACE IF EXISTS "${keyspace}"`);
  } finally {
    await client.shutdown();
  }
}
