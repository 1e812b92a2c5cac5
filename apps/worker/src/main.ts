/** The worker container: runs the topology that MILLRACE_TOPOLOGY names, with Kafka Streams' settings from the environment. */
import { runService } from '@millrace/service';
import { KafkaStreams, defaultPorts, loadTopology } from 'millrace';
import { countingLogger, hostStreams } from './hosted-streams.ts';
import { asStaticMember } from './static-membership.ts';
import { readWorkerSettings } from './worker-settings.ts';

await runService({
  name: 'worker',
  env: process.env,
  start: async (reader, log) => {
    const { topology, streams } = readWorkerSettings(reader, process.env);
    const program = await loadTopology(topology, process.env);
    const { logger, errors } = countingLogger(log);
    const ports = defaultPorts(streams, logger);
    const config = await asStaticMember(streams, ports);
    return hostStreams(new KafkaStreams(program, config, ports), errors);
  },
});
