/** The worker container: runs the topology that MILLRACE_TOPOLOGY names, with Kafka Streams' settings from the environment. */
import { runService } from '@millrace/service';
import { KafkaStreams } from 'millrace';
import { countingLogger, hostStreams } from './hosted-streams.ts';
import { loadTopology } from './load-topology.ts';
import { readWorkerSettings } from './worker-settings.ts';

await runService({
  name: 'worker',
  env: process.env,
  start: async (reader, log) => {
    const settings = readWorkerSettings(reader, process.env);
    const program = await loadTopology(settings.topology, process.env);
    const { logger, errors } = countingLogger(log);
    return hostStreams(new KafkaStreams(program, settings.streams, { logger }), errors);
  },
});
