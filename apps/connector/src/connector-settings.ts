/** Settings of a connector: where it reads and writes, and the file that maps topics to tables; all faults in one error. */
import { MillraceError } from '@millrace/base';
import type { SaslOptions, TlsOptions } from '@millrace/client';
import { parseConnectorConfig, usesRegistry, type ConnectorConfig } from '@millrace/connect';
import type { EnvReader } from '@millrace/service';
import type { Consistency } from '@millrace/sink-cassandra';
import { readFileSync } from 'node:fs';

export interface KafkaSettings {
  readonly bootstrapServers: string;
  readonly clientId: string;
  readonly sasl?: SaslOptions;
  readonly tls?: TlsOptions;
}

export interface CassandraSettings {
  readonly contactPoints: readonly string[];
  readonly localDataCenter: string;
  readonly keyspace: string;
  readonly replicationFactor: number;
  readonly consistency: Consistency;
  readonly createTables: boolean;
  readonly maxInFlight: number;
  readonly requestTimeoutMs: number;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly tls?: object;
}

export interface RegistrySettings {
  readonly urls: string;
  readonly auth?: { readonly username: string; readonly password: string };
}

export interface ConnectorSettings {
  readonly config: ConnectorConfig;
  readonly groupId: string;
  readonly instanceId?: string;
  readonly commitIntervalMs: number;
  readonly sessionTimeoutMs: number;
  readonly kafka: KafkaSettings;
  readonly registry?: RegistrySettings;
  readonly cassandra: CassandraSettings;
}

const day = 86_400_000;

/** Throws MR_CONFIG_ENV with every fault, those of the file and those that `reader` has found before included. */
export function readConnectorSettings(reader: EnvReader): ConnectorSettings {
  const config = readConfig(reader);
  const groupId = reader.required('GROUP_ID', 'trending-hashtags-cassandra');
  const instanceId = reader.text('GROUP_INSTANCE_ID', '');
  const registry = readRegistry(reader, config);
  const settings = {
    groupId,
    ...(instanceId === '' ? {} : { instanceId }),
    commitIntervalMs: reader.integer('COMMIT_INTERVAL_MS', { min: 1, max: day, fallback: 1_000 }),
    sessionTimeoutMs: reader.integer('SESSION_TIMEOUT_MS', { min: 1_000, max: day, fallback: 45_000 }),
    kafka: readKafka(reader, groupId),
    ...(registry === undefined ? {} : { registry }),
    cassandra: readCassandra(reader),
  };
  reader.finish();
  // Without a fault there is a configuration.
  return { config: config as ConnectorConfig, ...settings };
}

function readConfig(reader: EnvReader): ConnectorConfig | undefined {
  const file = reader.required('CONNECTOR_CONFIG', 'apps/connector/config/trending-hashtags.json');
  if (file === '') return undefined;
  const text = readText(reader, 'CONNECTOR_CONFIG', file);
  if (text === undefined) return undefined;
  try {
    return parseConnectorConfig(text, file);
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'MR_SINK_CONFIG') throw error;
    for (const { at, problem } of error.details['faults'] as readonly { at: string; problem: string }[])
      reader.faults.push({ name: 'CONNECTOR_CONFIG', problem: `at ${at} ${problem}` });
    return undefined;
  }
}

function readRegistry(reader: EnvReader, config: ConnectorConfig | undefined): RegistrySettings | undefined {
  const urls = reader.text('SCHEMA_REGISTRY_URL', '');
  if (urls === '' && config !== undefined && usesRegistry(config))
    reader.required('SCHEMA_REGISTRY_URL', 'http://127.0.0.1:8081');
  if (urls === '') return undefined;
  if (!urls.split(',').every((url) => /^https?:\/\/./.test(url.trim())))
    reader.faults.push({ name: 'SCHEMA_REGISTRY_URL', problem: `is '${urls}'; expected http or https URLs` });
  const auth = readLogin(reader, 'SCHEMA_REGISTRY');
  return { urls, ...(auth === undefined ? {} : { auth }) };
}

function readKafka(reader: EnvReader, clientId: string): KafkaSettings {
  const bootstrapServers = reader.required('BOOTSTRAP_SERVERS', '127.0.0.1:9092');
  checkAddresses(reader, 'BOOTSTRAP_SERVERS', bootstrapServers, true);
  const protocol = reader.choice(
    'SECURITY_PROTOCOL',
    ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const,
    'PLAINTEXT',
  );
  const mechanism = reader.choice(
    'SASL_MECHANISM',
    ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const,
    'SCRAM-SHA-512',
  );
  const login = readLogin(reader, 'SASL');
  if (protocol.startsWith('SASL') && login === undefined) reader.required('SASL_USERNAME', 'connector');
  return {
    bootstrapServers,
    clientId: reader.text('CLIENT_ID', clientId),
    ...(protocol.startsWith('SASL') && login !== undefined ? { sasl: { mechanism, ...login } } : {}),
    ...(protocol.endsWith('SSL') ? { tls: readTls(reader, 'SSL') } : {}),
  };
}

function readCassandra(reader: EnvReader): CassandraSettings {
  const contactPoints = reader.required('CASSANDRA_CONTACT_POINTS', '127.0.0.1:9042');
  checkAddresses(reader, 'CASSANDRA_CONTACT_POINTS', contactPoints, false);
  const keyspace = reader.text('CASSANDRA_KEYSPACE', 'millrace');
  if (!/^[A-Za-z][A-Za-z0-9_]{0,47}$/.test(keyspace))
    reader.faults.push({ name: 'CASSANDRA_KEYSPACE', problem: `is '${keyspace}', which is no name of a keyspace` });
  const credentials = readLogin(reader, 'CASSANDRA');
  const usesTls = reader.choice('CASSANDRA_TLS', ['true', 'false'] as const, 'false') === 'true';
  const consistencies = ['ONE', 'LOCAL_ONE', 'QUORUM', 'LOCAL_QUORUM', 'EACH_QUORUM', 'ALL'] as const;
  return {
    contactPoints: listOf(contactPoints),
    localDataCenter: reader.text('CASSANDRA_LOCAL_DATACENTER', 'datacenter1'),
    keyspace,
    replicationFactor: reader.integer('CASSANDRA_REPLICATION_FACTOR', { min: 1, max: 100, fallback: 1 }),
    consistency: reader.choice('CASSANDRA_CONSISTENCY', consistencies, 'LOCAL_QUORUM'),
    createTables: reader.choice('CASSANDRA_CREATE_TABLES', ['true', 'false'] as const, 'true') === 'true',
    maxInFlight: reader.integer('CASSANDRA_MAX_IN_FLIGHT', { min: 1, max: 2_048, fallback: 256 }),
    requestTimeoutMs: reader.integer('CASSANDRA_REQUEST_TIMEOUT_MS', { min: 100, max: day, fallback: 10_000 }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(usesTls ? { tls: readTls(reader, 'CASSANDRA_SSL') } : {}),
  };
}

/** `<AREA>_USERNAME` with `<AREA>_PASSWORD` or `<AREA>_PASSWORD_FILE`; undefined without both. */
function readLogin(reader: EnvReader, area: string): { username: string; password: string } | undefined {
  const username = reader.text(`${area}_USERNAME`, '');
  const password = reader.secret(`${area}_PASSWORD`, (file) => readFileSync(file, 'utf8'));
  if (username === '' && password === undefined) return undefined;
  if (username === '') reader.required(`${area}_USERNAME`, 'connector');
  if (password === undefined) reader.required(`${area}_PASSWORD`, '..., or the path of a file in its _FILE twin');
  return { username, password: password ?? '' };
}

function readTls(reader: EnvReader, area: string): TlsOptions {
  const pem = (name: string): string | undefined => {
    const file = reader.text(name, '');
    return file === '' ? undefined : readText(reader, name, file);
  };
  const [ca, cert, key] = [
    pem(`${area}_CA_LOCATION`),
    pem(`${area}_CERTIFICATE_LOCATION`),
    pem(`${area}_KEY_LOCATION`),
  ];
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function readText(reader: EnvReader, name: string, file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    reader.faults.push({ name, problem: `is '${file}', which cannot be read (${(error as Error).message})` });
    return undefined;
  }
}

function checkAddresses(reader: EnvReader, name: string, text: string, needsPort: boolean): void {
  const pattern = needsPort
    ? /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s/]+):\d{1,5}$/
    : /^(\[[0-9a-fA-F:.]+\]|[^:[\]\s/]+)(:\d{1,5})?$/;
  if (text === '' || listOf(text).every((one) => pattern.test(one))) return;
  const expected = needsPort ? 'host:port' : 'host or host:port';
  reader.faults.push({ name, problem: `is '${text}'; expected ${expected}, several separated by commas` });
}

function listOf(text: string): string[] {
  return text.split(',').map((one) => one.trim());
}
