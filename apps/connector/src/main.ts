/** The connector container: materialises topics in Cassandra tables, as the file that CONNECTOR_CONFIG names says. */
import { runService } from '@millrace/service';
import { readConnectorSettings } from './connector-settings.ts';
import { hostConnector } from './hosted-connector.ts';

await runService({
  name: 'connector',
  env: process.env,
  start: (reader, logger) => Promise.resolve().then(() => hostConnector(readConnectorSettings(reader), logger)),
});
