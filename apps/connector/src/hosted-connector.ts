/** A connector as a container hosts it. */
import { systemClock, systemRandom, type Logger } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import { startConnector } from '@millrace/connect';
import { createRegistryClient } from '@millrace/schema-registry';
import type { Hosted } from '@millrace/service';
import { createCassandraSink } from '@millrace/sink-cassandra';
import { connectorMetricFamilies } from './connector-metric-families.ts';
import type { ConnectorSettings } from './connector-settings.ts';

/** Starts it on the ports of production. */
export function hostConnector(settings: ConnectorSettings, logger: Logger): Hosted {
  const { kafka, registry, cassandra, ...connector } = settings;
  const { tls, ...client } = kafka;
  const machine = { clock: systemClock, random: systemRandom, logger };
  const kafkaClient = createKafkaClient({
    ...client,
    ...machine,
    transport: tcpTransport(tls === undefined ? {} : { tls }),
  });
  const running = startConnector({
    ...connector,
    ...machine,
    client: kafkaClient,
    sink: createCassandraSink({ ...cassandra, ...machine }),
    ...(registry === undefined ? {} : { registry: createRegistryClient({ ...registry, ...machine }) }),
  });
  let hasFailed = false;
  void running.failed.then(() => (hasFailed = true));
  return {
    live: () => (hasFailed ? { ok: false, reason: 'the connector has ended' } : { ok: true }),
    ready: () => running.health(),
    metrics: () => connectorMetricFamilies(running.metrics()),
    failed: running.failed,
    close: async (timeoutMs) => {
      await running.close(timeoutMs * 0.8);
      await kafkaClient.close();
    },
  };
}
