/**
 * What the demo runs in: Kafka, a schema registry and tables. Embedded in this process, the real servers of this project, or the user's own;
 * what the user does not bring is embedded.
 */
import { silentLogger, systemClock, systemRandom, type Logger } from '@millrace/base';
import { Broker, serveBroker } from '@millrace/broker';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import type { KafkaClient, SchemaRegistry, TableSink } from '@millrace/ports';
import { EmbeddedRegistry, createRegistryClient, serveRegistry } from '@millrace/schema-registry';
import { createCassandraSink } from '@millrace/sink-cassandra';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { cassandraTables } from './cassandra-tables.ts';
import { EmbeddedTable } from './embedded-table.ts';
import { UsageError, type DemoOptions } from './options.ts';
import { postSchema, trendingSchema } from './schemas.ts';
import { applicationId, isOfDemo } from './topics.ts';

export interface Surroundings {
  /** `host:port` of a broker. */
  readonly kafka: string;
  readonly registry: SchemaRegistry;
  readonly sink: TableSink;
  /** Settings of the topic `posts` that only this place needs. */
  readonly postsConfigs: Readonly<Record<string, string>>;
  /** Where everything is, for the user. */
  readonly notice: string;
  /** Rows in the tables. */
  countRows(): Promise<number>;
  close(): Promise<void>;
}

const keyspace = process.env['CASSANDRA_KEYSPACE'] ?? 'millrace';
const localDataCenter = process.env['CASSANDRA_LOCAL_DATACENTER'] ?? 'datacenter1';

/** Opens what the options ask for. Servers of this project are a playground: a run there begins without topics, group and tables. */
export async function openSurroundings({ where }: DemoOptions, logger: Logger): Promise<Surroundings> {
  switch (where.kind) {
    case 'embedded': {
      const broker = await embeddedBroker();
      return assemble(
        { ...broker, postsConfigs: { 'retention.bytes': String(32 << 20) } },
        await embeddedRegistry(),
        embeddedTables(),
      );
    }
    case 'real': {
      const { kafka, cassandra } = startServers();
      await forget(kafka);
      const tables = await ownTables(cassandra, logger);
      await tables.drop();
      return assemble({ kafka, notice: `Kafka ${kafka}` }, await embeddedRegistry(), tables);
    }
    case 'own': {
      const registry = where.registry === undefined ? await embeddedRegistry() : ownRegistry(where.registry);
      const tables = where.cassandra === undefined ? embeddedTables() : await ownTables(where.cassandra, logger);
      return assemble({ kafka: where.kafka, notice: `Kafka ${where.kafka}` }, registry, tables);
    }
  }
}

/** A part of the surroundings, with how it is closed. */
interface Part {
  readonly notice: string;
  close?(): Promise<void>;
}

type KafkaPart = Part & { readonly kafka: string; readonly postsConfigs?: Readonly<Record<string, string>> };
type RegistryPart = Part & { readonly registry: SchemaRegistry };
type TablesPart = Part & { readonly sink: TableSink; countRows(): Promise<number> };

function assemble(kafka: KafkaPart, registry: RegistryPart, tables: TablesPart): Surroundings {
  return {
    kafka: kafka.kafka,
    registry: registry.registry,
    sink: tables.sink,
    postsConfigs: kafka.postsConfigs ?? {},
    notice: [kafka, registry, tables].map(({ notice }) => notice).join(' · '),
    countRows: () => tables.countRows(),
    close: async () => {
      for (const part of [tables, registry, kafka]) await part.close?.();
    },
  };
}

/** In memory, on a port of its own, so that kcat and any other client can look on. Its log of posts is cut; a demo may run for days. */
async function embeddedBroker(): Promise<KafkaPart> {
  const broker = new Broker({
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    cleanupIntervalMs: 15_000,
  });
  const server = await serveBroker(broker);
  const kafka = `${server.address.host}:${server.address.port}`;
  return {
    kafka,
    notice: `embedded Kafka ${kafka}`,
    close: async () => {
      await server.close();
      broker.close();
    },
  };
}

/** The schemas are registered in a fixed order, so that they have the same ids in every run on a Kafka that outlives the registry. */
async function embeddedRegistry(): Promise<RegistryPart> {
  const registry = new EmbeddedRegistry();
  registry.add('posts-value', postSchema);
  registry.add('trending-hashtags-value', trendingSchema);
  const server = await serveRegistry(registry);
  return { registry, notice: `embedded registry ${server.url}`, close: () => server.close() };
}

function ownRegistry(url: string): RegistryPart {
  const registry = createRegistryClient({ urls: url, clock: systemClock, random: systemRandom });
  return { registry, notice: `registry ${url}` };
}

function embeddedTables(): TablesPart {
  const table = new EmbeddedTable();
  return { sink: table, notice: 'embedded tables', countRows: async () => table.rowCount };
}

async function ownTables(contactPoint: string, logger: Logger): Promise<TablesPart & { drop(): Promise<void> }> {
  const sink = createCassandraSink({
    contactPoints: [contactPoint],
    localDataCenter,
    keyspace,
    clock: systemClock,
    logger,
  });
  const tables = cassandraTables(contactPoint, localDataCenter, keyspace);
  await tables.reach();
  return {
    sink,
    notice: `Cassandra ${contactPoint} keyspace ${keyspace}`,
    countRows: () => tables.countRows(),
    drop: () => tables.drop(),
    close: () => tables.close(),
  };
}

/** Starts the real servers of this project unless they are up. */
function startServers(): { kafka: string; cassandra: string } {
  const cli = path.join(import.meta.dirname, '../../../tools/servers/cli.mjs');
  const { status, stdout } = spawnSync(process.execPath, [cli, 'up'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kafka = /^kafka (\S+) up$/m.exec(stdout)?.[1];
  const cassandra = /^cassandra (\S+) up$/m.exec(stdout)?.[1];
  if (status !== 0 || kafka === undefined || cassandra === undefined)
    throw new UsageError('the real servers did not start; see the lines above');
  return { kafka, cassandra };
}

/** Deletes the topics and the group of an earlier run. */
async function forget(kafka: string): Promise<void> {
  const client = demoClient(kafka, 'demo-reset', silentLogger);
  await client.connect();
  try {
    const old = (await client.listTopics()).filter(isOfDemo);
    if (old.length > 0) await client.admin.deleteTopics(old);
    for (const group of [applicationId, connectorGroup]) await client.admin.deleteGroup(group).catch(() => undefined);
    while ((await client.listTopics()).some(isOfDemo)) await systemClock.sleep(100);
  } finally {
    await client.close();
  }
}

/** The consumer group of the demo's connector. */
export const connectorGroup = `${applicationId}-connector`;

export function demoClient(bootstrapServers: string, clientId: string, logger: Logger): KafkaClient {
  return createKafkaClient({
    bootstrapServers,
    clientId,
    transport: tcpTransport(),
    clock: systemClock,
    random: systemRandom,
    logger,
  });
}
