/** Settings of a worker: the topology to run and Kafka Streams' own settings, all faults in one error that names the variables. */
import { MillraceError } from '@millrace/base';
import type { ConfigFault } from '@millrace/runtime';
import type { EnvReader } from '@millrace/service';
import { configFromEnv, type StreamsConfig } from 'millrace';
import { readFileSync } from 'node:fs';

type Env = Readonly<Record<string, string | undefined>>;

export interface WorkerSettings {
  /** See `loadTopology`. */
  readonly topology: string;
  readonly streams: StreamsConfig;
}

/** Throws MR_CONFIG_ENV with every fault, those that `reader` has found before included. */
export function readWorkerSettings(reader: EnvReader, env: Env): WorkerSettings {
  const topology = reader.required('MILLRACE_TOPOLOGY', '@acme/counts/topology');
  const password = reader.secret('SASL_PASSWORD', (file) => readFileSync(file, 'utf8'));
  const token = reader.secret('INTERACTIVE_QUERY_TOKEN', (file) => readFileSync(file, 'utf8'));
  const secrets = { SASL_PASSWORD: password, INTERACTIVE_QUERY_TOKEN: token };
  const streams = streamsConfig(reader, { ...env, ...secrets });
  reader.finish();
  // Without a fault there is a configuration.
  return { topology, streams: streams as StreamsConfig };
}

function streamsConfig(reader: EnvReader, env: Env): StreamsConfig | undefined {
  try {
    return configFromEnv(env);
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'MR_CONFIG_INVALID') throw error;
    for (const { env: name, came, expected } of error.details['faults'] as readonly ConfigFault[]) {
      reader.faults.push({
        name,
        problem: `${came === undefined ? 'is not set' : `is '${came}'`}; expected ${expected}`,
      });
    }
    return undefined;
  }
}
