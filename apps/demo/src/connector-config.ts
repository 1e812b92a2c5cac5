import { parseConnectorConfig, type ConnectorConfig } from '@millrace/connect';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The mapping that ships with the connector: the demo's tables are made by the same file as those of a deployment. */
export function connectorConfig(): ConnectorConfig {
  const file = fileURLToPath(new URL('../../connector/config/trending-hashtags.json', import.meta.url));
  return parseConnectorConfig(readFileSync(file, 'utf8'), file);
}
