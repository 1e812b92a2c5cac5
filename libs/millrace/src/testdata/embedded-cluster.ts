import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { Broker, inProcessTransport, type BrokerOptions } from '@millrace/broker';
import { createKafkaClient } from '@millrace/client';
import type { ClusterUnderTest } from './playground.ts';

/** A broker in this process, new for each test. */
export function embeddedCluster({ logger = silentLogger, ...limits }: Partial<BrokerOptions> = {}): ClusterUnderTest & {
  readonly broker: Broker;
} {
  const ports = { clock: systemClock, random: systemRandom, logger };
  const broker = new Broker({ ...ports, ...limits });
  const bootstrapServers = '127.0.0.1:9092';
  return {
    broker,
    bootstrapServers,
    newClient: () =>
      createKafkaClient({ bootstrapServers, clientId: 'test', transport: inProcessTransport(broker), ...ports }),
    close: async () => broker.close(),
  };
}
