/** The demo's look into Cassandra, apart from the sink that writes there: how many rows are in its tables, and a clean start. */
import cassandra from 'cassandra-driver';

export interface CassandraTables {
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
    countRows: async () => (await count('hashtags')) + (await count('trending')),
    drop: async () => void (await client.execute(`DROP KEYSPACE IF EXISTS "${keyspace}"`)),
    close: () => client.shutdown(),
  };
}
