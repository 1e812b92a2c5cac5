/** What is in the tables of a keyspace, read with the driver alone. */
import cassandra from 'cassandra-driver';

export class CassandraReader {
  readonly #keyspace: string;
  readonly #client: cassandra.Client;

  constructor(contactPoint: string, keyspace: string) {
    this.#keyspace = keyspace;
    this.#client = new cassandra.Client({
      contactPoints: [contactPoint],
      localDataCenter: 'datacenter1',
      encoding: { useBigIntAsLong: true },
    });
  }

  /** `hashtag interval` -> mentions. */
  async counts(): Promise<Map<string, number>> {
    const rows = await this.#rows('hashtag, interval, mentions', 'hashtags');
    return new Map(rows.map((row) => [`${row['hashtag']} ${row['interval']}`, Number(row['mentions'])]));
  }

  /** `window rank` -> `hashtag mentions`. */
  async places(): Promise<Map<string, string>> {
    const rows = await this.#rows('window_start, rank, hashtag, mentions', 'trending');
    return new Map(
      rows.map((row) => [
        `${(row['window_start'] as Date).getTime()} ${row['rank']}`,
        `${row['hashtag']} ${row['mentions']}`,
      ]),
    );
  }

  /** Writetimes of all cells, in the order of the keys. */
  async writetimes(): Promise<readonly string[]> {
    const counts = await this.#rows('hashtag, interval, WRITETIME(mentions) AS at', 'hashtags');
    const places = await this.#rows('window_start, rank, WRITETIME(mentions) AS at', 'trending');
    return [...counts, ...places].map((row) => Object.values(row).map(String).join(' ')).sort();
  }

  /** The table as Cassandra describes it. */
  async describe(table: string): Promise<string> {
    const { rows } = await this.#client.execute(`DESCRIBE TABLE "${this.#keyspace}"."${table}"`);
    return String(rows[0]?.['create_statement']);
  }

  async close(): Promise<void> {
    await this.#client.execute(`DROP KEYSPACE IF EXISTS "${this.#keyspace}"`);
    await this.#client.shutdown();
  }

  async #rows(columns: string, table: string): Promise<cassandra.types.Row[]> {
    const rows: cassandra.types.Row[] = [];
    const query = `SELECT ${columns} FROM "${this.#keyspace}"."${table}"`;
    for await (const row of await this.#client.execute(query, [], { fetchSize: 5_000 })) rows.push(row);
    return rows;
  }
}
