/** The processes of a run and their settings. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { VerifyOptions } from './options.ts';
import { ServiceProcess } from './processes.ts';
import type { RunNames } from './run-names.ts';
import type { Addresses } from './servers.ts';

export interface SystemOptions {
  readonly options: VerifyOptions;
  readonly names: RunNames;
  readonly addresses: Addresses;
  readonly registryUrl: string;
  readonly graceMs: number;
  /** State, logs and configuration are kept below it. */
  readonly dir: string;
}

const apps = path.join(import.meta.dirname, '../..');

export function processesOf(system: SystemOptions): readonly ServiceProcess[] {
  const { options, dir } = system;
  const logs = path.join(dir, 'logs');
  const workers = Array.from({ length: options.workers }, (_, i) => worker(system, i + 1, logs));
  const connectors = Array.from({ length: options.connectors }, (_, i) => connector(system, i + 1, logs));
  return [...workers, ...connectors];
}

function worker(
  { options, names, addresses, registryUrl, graceMs, dir }: SystemOptions,
  n: number,
  logs: string,
): ServiceProcess {
  const env = {
    MILLRACE_TOPOLOGY: '@millrace/app-demo/worker-topology',
    TRENDING_TOPIC_PREFIX: names.prefix,
    TRENDING_GRACE: String(graceMs),
    APPLICATION_ID: names.applicationId,
    CLIENT_ID: `verify-worker-${n}`,
    BOOTSTRAP_SERVERS: addresses.kafka,
    SCHEMA_REGISTRY_URL: registryUrl,
    PROCESSING_GUARANTEE: options.guarantee,
    COMMIT_INTERVAL_MS: String(options.commitIntervalMs),
    SESSION_TIMEOUT_MS: String(options.sessionTimeoutMs),
    HEARTBEAT_INTERVAL_MS: String(Math.ceil(options.sessionTimeoutMs / 4)),
    STATE_DIR: path.join(dir, `state-worker-${n}`),
    HTTP_PORT: '0',
  };
  return new ServiceProcess(
    { name: `worker-${n}`, kind: 'worker', main: path.join(apps, 'worker/dist/main.js'), env },
    logs,
  );
}

function connector(
  { options, names, addresses, registryUrl, dir }: SystemOptions,
  n: number,
  logs: string,
): ServiceProcess {
  const env = {
    CONNECTOR_CONFIG: connectorConfig(dir, names.prefix),
    GROUP_ID: names.connectorGroup,
    CLIENT_ID: `verify-connector-${n}`,
    BOOTSTRAP_SERVERS: addresses.kafka,
    SCHEMA_REGISTRY_URL: registryUrl,
    CASSANDRA_CONTACT_POINTS: addresses.cassandra ?? '',
    CASSANDRA_KEYSPACE: names.keyspace,
    SESSION_TIMEOUT_MS: String(options.sessionTimeoutMs),
    HEARTBEAT_INTERVAL_MS: String(Math.ceil(options.sessionTimeoutMs / 4)),
    HTTP_PORT: '0',
  };
  return new ServiceProcess(
    { name: `connector-${n}`, kind: 'connector', main: path.join(apps, 'connector/dist/main.js'), env },
    logs,
  );
}

/** The connector's shipped configuration with the topics of this run. */
function connectorConfig(dir: string, prefix: string): string {
  const shipped = JSON.parse(readFileSync(path.join(apps, 'connector/config/trending-hashtags.json'), 'utf8')) as {
    readonly topics: readonly { readonly topic: string }[];
  };
  const topics = shipped.topics.map((topic) => ({ ...topic, topic: prefix + topic.topic }));
  const file = path.join(dir, 'connector.json');
  mkdirSync(dir, { recursive: true });
  writeFileSync(file, JSON.stringify({ ...shipped, topics }));
  return file;
}
