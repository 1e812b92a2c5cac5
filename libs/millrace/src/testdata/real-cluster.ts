import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import type { ClusterUnderTest } from './playground.ts';

/** The real Kafka that the tests are given. */
export function realCluster(bootstrapServers = process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:29092'): ClusterUnderTest {
  return {
    bootstrapServers,
    newClient: () =>
      createKafkaClient({
        bootstrapServers,
        clientId: 'test',
        transport: tcpTransport(),
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
      }),
    close: () => Promise.resolve(),
  };
}
