/** The tables of the connector, read with the driver alone. */
import cassandra from 'cassandra-driver';
import type { RankingSeen } from './compare.ts';
import { separator } from './expected.ts';

/** Everything in the tables. */
export interface Rows {
  /** `hashtag␟interval` -> mentions. */
  readonly counts: Map<string, number>;
  readonly rankings: Map<number, RankingSeen>;
}

interface Place {
  readonly rank: number;
  readonly hashtag: string;
  readonly mentions: number;
}

const fetchSize = 5_000;

/** Reads all rows; a keyspace or a table that is not there yet has none. */
export async function readRows(contactPoint: string, keyspace: string): Promise<Rows> {
  return withClient(contactPoint, async (client) => {
    const counts = new Map<string, number>();
    for await (const row of rowsOf(client, `SELECT hashtag, interval, mentions FROM "${keyspace}".hashtags`))
      counts.set(`${row['hashtag']}${separator}${row['interval']}`, Number(row['mentions']));
    const places = new Map<number, Place[]>();
    for await (const row of rowsOf(
      client,
      `SELECT window_start, rank, hashtag, mentions FROM "${keyspace}".trending`,
    )) {
      const start = (row['window_start'] as Date).getTime();
      places.set(start, [...(places.get(start) ?? []), placeOf(row)]);
    }
    return { counts, rankings: new Map([...places].map(([start, found]) => [start, rankingOf(start, found)])) };
  });
}

/** Throws the keyspace away. */
export async function dropKeyspace(contactPoint: string, keyspace: string): Promise<void> {
  await withClient(contactPoint, (client) => client.execute(`DROP KEYSPACE IF EXISTS "${keyspace}"`));
}

async function withClient<T>(contactPoint: string, use: (client: cassandra.Client) => Promise<T>): Promise<T> {
  const client = new cassandra.Client({
    contactPoints: [contactPoint],
    localDataCenter: 'datacenter1',
    socketOptions: { readTimeout: 60_000 },
  });
  try {
    return await use(client);
  } catch (error) {
    // The driver puts stacks into its messages.
    const [problem] = (error as Error).message.split('\n');
    throw new Error(`Cassandra at ${contactPoint}: ${problem}`, { cause: error });
  } finally {
    await client.shutdown();
  }
}

async function* rowsOf(client: cassandra.Client, query: string): AsyncGenerator<cassandra.types.Row> {
  try {
    yield* await client.execute(query, [], { fetchSize });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Cassandra says "invalid" when a keyspace or a table does not exist. */
function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === cassandra.types.responseErrorCodes.invalid;
}

function placeOf(row: cassandra.types.Row): Place {
  return { rank: row['rank'] as number, hashtag: row['hashtag'] as string, mentions: Number(row['mentions']) };
}

/** The ranks must be 1, 2, 3 ...; a gap shows as a place without a hashtag. */
function rankingOf(windowStart: number, places: readonly Place[]): RankingSeen {
  const last = Math.max(...places.map(({ rank }) => rank));
  const entries = Array.from({ length: last }, (_, i) => {
    const at = places.find(({ rank }) => rank === i + 1);
    return { hashtag: at?.hashtag ?? '', mentions: at?.mentions ?? 0 };
  });
  return { windowStart, entries };
}
