/**
 * npm run servers -- up|down|status [kafka] [cassandra] [--kafka-port N] [--cassandra-port N] [--reset] [--set key=value]...
 * Real servers for development and tests, without Docker. `up` returns when they are ready; all commands may be repeated.
 */
import { parseArgs } from 'node:util';
import { cassandra } from './cassandra.mjs';
import { ServerError } from './home.mjs';
import { kafka } from './kafka.mjs';

const usage = `usage: npm run servers -- up|down|status [kafka] [cassandra]
  --kafka-port N       default ${kafka.defaultPort} (the controller takes N + 1)
  --cassandra-port N   default ${cassandra.defaultPort} (storage N + 1, JMX N + 2)
  --reset              with up: throw the data away first
  --set key=value      with up: a broker setting, may be repeated
examples:
  npm run servers -- up
  npm run servers -- up kafka --kafka-port 39092 --set log.retention.ms=-1
  npm run servers -- status`;

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'kafka-port': { type: 'string' },
      'cassandra-port': { type: 'string' },
      reset: { type: 'boolean' },
      set: { type: 'string', multiple: true },
      help: { type: 'boolean' },
    },
  });
  const [command, ...names] = positionals;
  const unknown = names.filter((name) => name !== 'kafka' && name !== 'cassandra');
  if (values.help) return console.log(usage);
  if (!['up', 'down', 'status'].includes(command) || unknown.length > 0) {
    console.error(unknown.length > 0 ? `unknown server: ${unknown.join(', ')}\n${usage}` : usage);
    process.exit(2);
  }
  const chosen = [kafka, cassandra].filter(({ name }) => names.length === 0 || names.includes(name));
  let allUp = true;
  for (const server of chosen) {
    const port = portOf(values, server);
    if (command === 'up') await server.up({ port, reset: values.reset, settings: values.set });
    if (command === 'down') await server.down(port);
    const up = await server.isUp(port);
    allUp &&= up;
    console.log(`${server.name} ${server.address(port)} ${up ? 'up' : 'down'}`);
  }
  if (command === 'status' && !allUp) process.exitCode = 1;
}

function portOf(values, server) {
  const text = values[`${server.name}-port`] ?? process.env[`MILLRACE_${server.name.toUpperCase()}_PORT`];
  const port = text === undefined ? server.defaultPort : Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_533)
    throw new ServerError(`'${text}' is not a port`, 'Give a number from 1 to 65533.');
  return port;
}

main().catch((error) => {
  console.error(`error: ${error.message}`);
  if (error instanceof ServerError) console.error(`remedy: ${error.remedy}`);
  process.exit(error.code?.startsWith?.('ERR_PARSE_ARGS') ? 2 : 1);
});
