/** A configuration file: JSON, then its schema, then what a schema cannot say. Every fault is reported at once, with line and column. */
import { durationMs, millraceError } from '@millrace/base';
import type { TableSpec } from '@millrace/ports';
import { configFaults } from './check-config.ts';
import { connectorSchema } from './config-schema.ts';
import { sourceOf, type ConfigFile, type FormatText } from './config-file.ts';
import type { ConnectorConfig, Format } from './config.ts';
import { jsonPosition, lineAndColumn } from './json-position.ts';
import { schemaFaults, type JsonFault } from './json-schema.ts';

/** The configuration in a file's text. `file` is its name, for messages. Throws MR_SINK_CONFIG with every fault. */
export function parseConnectorConfig(text: string, file: string): ConnectorConfig {
  const json = parsedJson(text, file);
  const faults = schemaFaults(connectorSchema, json);
  if (faults.length > 0) throw refused(faults, text, file);
  const config = json as ConfigFile;
  const more = configFaults(config);
  if (more.length > 0) throw refused(more, text, file);
  return built(config);
}

function parsedJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const { message } = cause as Error;
    const index = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    const at = `${file}:${lineAndColumn(text, index)}`;
    throw millraceError('MR_SINK_CONFIG', { faults: [{ at, problem: `is not JSON: ${message}` }] }, cause);
  }
}

function refused(faults: readonly JsonFault[], text: string, file: string): Error {
  const placed = faults.map(({ path, problem }) => ({
    at: `${file}:${jsonPosition(text, path)} ${path.length === 0 ? 'the configuration' : `/${path.join('/')}`}`,
    problem,
  }));
  return millraceError('MR_SINK_CONFIG', { faults: placed });
}

function built({ tables, topics }: ConfigFile): ConnectorConfig {
  const specs = new Map(tables.map((table): [string, TableSpec] => [table.name, tableSpec(table)]));
  return {
    tables: [...specs.values()],
    topics: topics.map(({ topic, key, value, rows, ...rest }) => ({
      topic,
      ...(key === undefined ? {} : { key: formatOf(key) }),
      value: formatOf(value),
      rows: rows.map(({ table, columns, explode }) => ({
        table: specs.get(table) as TableSpec,
        columns: Object.fromEntries(Object.entries(columns).map(([name, source]) => [name, sourceOf(source)])),
        ...(explode === undefined ? {} : { explode }),
      })),
      tombstones: rest.tombstones ?? 'delete',
      onError: rest.onError ?? 'dead-letter',
      deadLetterTopic: rest.deadLetterTopic ?? `${topic}-dlq`,
    })),
  };
}

function tableSpec({ name, columns, partitionKey, clusteringKey = [] }: ConfigFile['tables'][number]): TableSpec {
  return {
    name,
    columns: Object.entries(columns).map(([column, type]) => ({ name: column, type })),
    partitionKey,
    clusteringKey: clusteringKey.map(({ column, order = 'asc' }) => ({ name: column, order })),
  };
}

function formatOf(format: FormatText): Format {
  if (typeof format === 'string') return format;
  const { inner, windowSize } = format;
  return { format: 'time-windowed', inner, windowSizeMs: durationMs(windowSize) };
}
