/** Names that no other run has. */
export interface RunNames {
  /** Before every topic of the main job. */
  readonly prefix: string;
  readonly applicationId: string;
  readonly connectorGroup: string;
  readonly keyspace: string;
}

export function runNames(unique: string): RunNames {
  return {
    prefix: `verify-${unique}-`,
    applicationId: `verify-${unique}`,
    connectorGroup: `verify-${unique}-cassandra`,
    keyspace: `verify_${unique}`,
  };
}

/** The internal topics of the main job that its transactions write to all the time. */
export function repartitionTopics(applicationId: string): readonly string[] {
  return ['by-hashtag', 'by-window'].map((name) => `${applicationId}-${name}-repartition`);
}
