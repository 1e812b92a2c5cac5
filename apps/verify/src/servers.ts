/** The servers of a run: the user's own, or those of this project, started when they are down. */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { VerifyOptions } from './options.ts';

export interface Addresses {
  readonly kafka: string;
  /** Undefined when no connector runs. */
  readonly cassandra: string | undefined;
}

/** Throws with the reason when a server cannot be started. */
export function serversFor(options: VerifyOptions): Addresses {
  const needsCassandra = options.connectors > 0;
  return {
    kafka: options.kafka ?? started('kafka', options.kafkaPort),
    cassandra: needsCassandra ? (options.cassandra ?? started('cassandra', options.cassandraPort)) : undefined,
  };
}

function started(name: 'kafka' | 'cassandra', port: number | undefined): string {
  const cli = path.join(import.meta.dirname, '../../../tools/servers/cli.mjs');
  const portArgs = port === undefined ? [] : [`--${name}-port`, String(port)];
  const { status, stdout } = spawnSync(process.execPath, [cli, 'up', name, ...portArgs], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const address = new RegExp(`^${name} (\\S+) up$`, 'm').exec(stdout)?.[1];
  if (status !== 0 || address === undefined) throw new Error(`${name} did not start; the lines above say why`);
  return address;
}
