/** The Confluent registry contract, as far as serdes need it. Rejects `retriable` when the registry cannot be reached, `record` for unknown ids. */
export interface SchemaRegistry {
  /** The schema text of an id. */
  schemaById(id: number): Promise<string>;
  /** Registers a schema under a subject, or finds it there; gives its id. */
  register(subject: string, schema: string): Promise<number>;
  /** The id that a schema has in a subject, undefined when it is not there. Registers nothing. */
  idOf(subject: string, schema: string): Promise<number | undefined>;
  /** The newest schema of a subject, undefined when there is none. */
  latest(
    subject: string,
  ): Promise<{ readonly id: number; readonly version: number; readonly schema: string } | undefined>;
}
