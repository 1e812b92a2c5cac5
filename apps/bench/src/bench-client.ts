import { silentLogger, systemClock, systemRandom } from '@millrace/base';
import { createKafkaClient, tcpTransport } from '@millrace/client';
import type { KafkaClient } from '@millrace/ports';

/** A client of the bench itself; what it does is in no figure. */
export function benchClient(bootstrapServers: string): KafkaClient {
  return createKafkaClient({
    bootstrapServers,
    clientId: 'millrace-bench',
    transport: tcpTransport(),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  });
}
