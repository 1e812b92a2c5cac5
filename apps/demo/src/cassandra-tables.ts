/** The demo's look into Cassandra, apart from the sink that writes there: how many rows are in its tables, and a clean start. */
import { millraceError } from '@millrace/base';
import cassandra from 'cassandra-driver';

export interface CassandraTables {
  /** Rejects when no node answers: an address that is wrong at the start would be waited for for ever. */
  reach(): Promise<void>;
  /** Rows in `hashtags` and `trending`. */
  countRows(): Promise<number>;
  /** Throws the keyspace away, whatever is in it. */
  drop(): Promise<void>;
  close(): Promise<void>;
}

export function cassandraTables(contactPoint: string, localDataCenter: string, keyspace: string): CassandraTables {
  const client = new cassandra.Client({
    contactPoints: [contactPoint],
    localDataCenter,
    encoding: { useBigIntAsLong: true },
  });
  const count = async (table: string): Promise<number> => {
    let rows = 0;
    // Page by page: count(*) over a large table runs into Cassandra's own time-out.
    const pages = await client.execute(`SELECT writetime(mentions) FROM "${keyspace}"."${table}"`, [], {
      fetchSize: 5_000,
    });
    for await (const row of pages) if (row !== undefined) rows++;
    return rows;
  };
  return {
    reach: () =>
      client.connect().catch((cause: Error) => {
        const [first] = Object.values((cause as { innerErrors?: Record<string, Error> }).innerErrors ?? {});
        throw millraceError(
          'MR_SINK_UNREACHABLE',
          { contactPoints: contactPoint, problem: (first ?? cause).message },
          cause,
        );
      }),
    countRows: async () => (await count('hashtags')) + (await count('trending')),
    drop: async () => void (await client.execute(`DROP KEYSPACE IF EXISTS "${keyspace}"`)),
    close: () => client.shutdown(),
  };
}
