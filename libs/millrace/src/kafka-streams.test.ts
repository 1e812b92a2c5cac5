import { expect, test } from '@jest/globals';
import { silentLogger } from '@millrace/base';
import { KafkaStreams, Serdes, StreamsBuilder, type Program } from './index.ts';

function copy(): Program {
  const builder = new StreamsBuilder();
  builder.stream('in', { key: Serdes.string(), value: Serdes.string() }).to('out');
  return builder.build();
}

test('files of certificates that are not there are faults of the configuration, all told at once', () => {
  const config = {
    applicationId: 'app',
    bootstrapServers: 'localhost:9092',
    securityProtocol: 'SSL',
    sslCaLocation: '/nowhere/ca.pem',
    sslKeyLocation: '/nowhere/key.pem',
  };
  expect(() => new KafkaStreams(copy(), config, { logger: silentLogger })).toThrow(
    expect.objectContaining({
      code: 'MR_CONFIG_INVALID',
      message: expect.stringMatching(/SSL_CA_LOCATION.*ca\.pem.*SSL_KEY_LOCATION.*key\.pem/s),
    }),
  );
});
