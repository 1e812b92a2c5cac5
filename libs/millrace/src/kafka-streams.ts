/**
 * KafkaStreams on the ports of production: TCP to the brokers, LevelDB below the state directory, the machine's clock, a log on standard error.
 * Any of them can be replaced.
 */
import { millraceError, systemClock, systemRandom, type Logger } from '@millrace/base';
import { createKafkaClient, tcpTransport, type SaslOptions, type TlsOptions } from '@millrace/client';
import {
  KafkaStreams as Streams,
  parseConfig,
  type ConfigFault,
  type StreamsConfig,
  type StreamsConfigInput,
  type StreamsPorts,
} from '@millrace/runtime';
import { createRegistryClient } from '@millrace/schema-registry';
import { levelEngines } from '@millrace/store-level';
import { freshMemoryEngine } from '@millrace/store-memory';
import type { Program } from '@millrace/topology';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { httpQueryNetwork } from './http-query-network.ts';
import { lazyEngines } from './lazy-engines.ts';
import { stderrLogger } from './stderr-logger.ts';

/** An application, see the JVM library's class of the same name. `await new KafkaStreams(topology(), { applicationId, bootstrapServers }).start()`. */
export class KafkaStreams extends Streams {
  constructor(program: Program, config: StreamsConfigInput | StreamsConfig, ports: Partial<StreamsPorts> = {}) {
    const parsed = 'warnings' in config ? (config as StreamsConfig) : parseConfig(config);
    super(program, parsed, { ...defaultPorts(parsed, ports.logger ?? stderrLogger), ...ports });
  }
}

/** The ports of production for a configuration. Nothing is opened before `start`. */
export function defaultPorts(config: StreamsConfig, logger: Logger): StreamsPorts {
  const { bootstrapServers, clientId, requestTimeoutMs, schemaRegistryUrl: url, stateDir, applicationId } = config;
  const { applicationServer, interactiveQueryToken: token, interactiveQueryTimeoutMs: timeoutMs } = config;
  const sasl = saslOf(config);
  const tls = tlsOf(config);
  const machine = { clock: systemClock, random: systemRandom };
  const client = createKafkaClient({
    bootstrapServers,
    clientId,
    requestTimeoutMs,
    transport: tcpTransport(tls === undefined ? {} : { tls }),
    logger,
    ...machine,
    ...(sasl === undefined ? {} : { sasl }),
  });
  const directory = path.join(stateDir, applicationId);
  return {
    client,
    engines: lazyEngines(() => levelEngines({ directory })),
    memoryEngine: freshMemoryEngine,
    logger,
    ...machine,
    ...(applicationServer === null ? {} : { queryNetwork: httpQueryNetwork({ token, timeoutMs, logger }) }),
    ...(url === null ? {} : { registry: createRegistryClient({ urls: url, ...machine }) }),
  };
}

function saslOf({
  securityProtocol,
  saslMechanism,
  saslUsername,
  saslPassword,
}: StreamsConfig): SaslOptions | undefined {
  if (!securityProtocol.startsWith('SASL') || saslUsername === null || saslPassword === null) return undefined;
  return { mechanism: saslMechanism, username: saslUsername, password: saslPassword };
}

function tlsOf(config: StreamsConfig): TlsOptions | undefined {
  if (!config.securityProtocol.endsWith('SSL')) return undefined;
  const faults: ConfigFault[] = [];
  const read = (name: string, file: string | null): string | undefined => {
    try {
      return file === null ? undefined : readFileSync(file, 'utf8');
    } catch (cause) {
      const expected = `a file that can be read: ${(cause as Error).message}`;
      faults.push({ name, env: name.toUpperCase().replaceAll('.', '_'), came: file ?? undefined, expected });
      return undefined;
    }
  };
  const ca = read('ssl.ca.location', config.sslCaLocation);
  const cert = read('ssl.certificate.location', config.sslCertificateLocation);
  const key = read('ssl.key.location', config.sslKeyLocation);
  if (faults.length > 0) throw millraceError('MR_CONFIG_INVALID', { faults });
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
