import { silentLogger, systemClock, systemRandom, type Logger } from '@millrace/base';
import { Broker, inProcessTransport } from '@millrace/broker';
import { createKafkaClient } from '@millrace/client';
import type { ClusterUnderTest } from './playground.ts';

/** A broker in this process, new for each test. */
export function embeddedCluster(logger: Logger = silentLogger): ClusterUnderTest & { readonly broker: Broker } {
  const ports = { clock: systemClock, random: systemRandom, logger };
  const broker = new Broker(ports);
  const bootstrapServers = '127.0.0.1:9092';
  return {
    broker,
    bootstrapServers,
    newClient: () =>
      createKafkaClient({ bootstrapServers, clientId: 'test', transport: inProcessTransport(broker), ...ports }),
    close: async () => broker.close(),
  };
}
