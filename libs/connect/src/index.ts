export type {
  ColumnSource,
  ConnectorConfig,
  Explosion,
  Format,
  PlainFormat,
  RowsConfig,
  TopicConfig,
  WindowedFormat,
} from './config.ts';
export { usesRegistry } from './config.ts';
export { connectorSchema } from './config-schema.ts';
export { parseConnectorConfig } from './parse-config.ts';
export type { ConnectorMetrics, PartitionLag } from './connector-metrics.ts';
export type { Connector, ConnectorHealth, ConnectorOptions } from './connector-options.ts';
export { startConnector } from './connector.ts';
