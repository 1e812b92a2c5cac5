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
