import { workerSuite } from './testdata/worker-suite.ts';

workerSuite(
  'a real Kafka',
  () => Promise.resolve(process.env['KAFKA_BOOTSTRAP'] ?? '127.0.0.1:29092'),
  () => Promise.resolve(),
);
