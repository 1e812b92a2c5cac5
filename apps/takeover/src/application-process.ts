/** The Millrace side of `Engine`: BOOTSTRAP STATE_DIR SESSION_MS SPEC..., as Main.java takes them. */
import { KafkaStreams, parseConfig } from 'millrace';
import { specOf } from './application-spec.ts';

const [bootstrapServers = '', stateDir = '', sessionTimeoutMs = '', ...specs] = process.argv.slice(2);

async function run(spec: string): Promise<KafkaStreams> {
  const { scenario, applicationId, ...prefixes } = specOf(spec);
  const config = parseConfig({
    ...scenario.settings,
    applicationId,
    bootstrapServers,
    stateDir,
    sessionTimeoutMs: Number(sessionTimeoutMs),
    heartbeatIntervalMs: 500,
    transactionTimeoutMs: Number(sessionTimeoutMs),
    numStreamThreads: 2,
  });
  const streams = new KafkaStreams(scenario.program(prefixes, config), config);
  streams.onStateChange((state) => {
    if (state === 'ERROR')
      process.stdout.write(`${applicationId} failed: ${streams.failure?.code}: ${streams.failure?.message}\n`);
    process.stdout.write(`${applicationId} ${state}\n`);
  });
  await streams.start();
  return streams;
}

const applications = Promise.allSettled(specs.map(run));

process.once('SIGTERM', () => {
  void applications.then(async (started) => {
    await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
    process.exit(0);
  });
});
