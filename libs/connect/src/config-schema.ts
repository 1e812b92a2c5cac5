/** The JSON schema of configuration files. `schemas/config/connector.schema.json` is its printed form for editors; a test holds both in step. */
import type { JsonSchema } from './json-schema.ts';

const name = { type: 'string', pattern: '^[A-Za-z][A-Za-z0-9_]{0,47}$' } as const;
const topicName = { type: 'string', pattern: '^[A-Za-z0-9._-]{1,249}$' } as const;
const plainFormat = { enum: ['string', 'long', 'json', 'avro', 'bytes'] } as const;
const path = {
  type: 'string',
  pattern: '^(key|value|entry|rank|topic|partition|offset|timestamp)(\\.[^.]+)*$',
} as const;

export const connectorSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Millrace connector',
  description: 'Which topics are materialised, and the rows that their records become.',
  type: 'object',
  required: ['tables', 'topics'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    tables: { type: 'array', minItems: 1, items: { $ref: '#/$defs/table' } },
    topics: { type: 'array', minItems: 1, items: { $ref: '#/$defs/topic' } },
  },
  $defs: {
    table: {
      description: 'A table; it is created where that is allowed.',
      type: 'object',
      required: ['name', 'columns', 'partitionKey'],
      additionalProperties: false,
      properties: {
        name,
        columns: {
          description: 'Column -> type.',
          type: 'object',
          propertyNames: name,
          additionalProperties: { enum: ['text', 'int', 'bigint', 'double', 'boolean', 'timestamp', 'blob'] },
        },
        partitionKey: { type: 'array', minItems: 1, items: name },
        clusteringKey: {
          type: 'array',
          items: {
            type: 'object',
            required: ['column'],
            additionalProperties: false,
            properties: { column: name, order: { enum: ['asc', 'desc'] } },
          },
        },
      },
    },
    topic: {
      description: 'A topic, how it is read and where its records go.',
      type: 'object',
      required: ['topic', 'value', 'rows'],
      additionalProperties: false,
      properties: {
        topic: topicName,
        key: { $ref: '#/$defs/format' },
        value: { $ref: '#/$defs/format' },
        rows: { type: 'array', minItems: 1, items: { $ref: '#/$defs/rows' } },
        tombstones: { description: 'What a record without a value does.', enum: ['delete', 'ignore', 'reject'] },
        onError: { description: 'What happens to a record that cannot be mapped.', enum: ['dead-letter', 'stop'] },
        deadLetterTopic: topicName,
      },
    },
    format: {
      description: 'A format by its name, or a windowed key.',
      if: { type: 'string' },
      then: plainFormat,
      else: {
        type: 'object',
        required: ['format', 'inner', 'windowSize'],
        additionalProperties: false,
        properties: {
          format: { enum: ['time-windowed'] },
          inner: plainFormat,
          windowSize: { description: "Such as '10m'.", type: 'string', pattern: '^\\d+(ms|s|m|h|d)$' },
        },
      },
    },
    rows: {
      type: 'object',
      required: ['table', 'columns'],
      additionalProperties: false,
      properties: {
        table: name,
        columns: {
          description: 'Column -> where its value comes from.',
          type: 'object',
          propertyNames: name,
          additionalProperties: { $ref: '#/$defs/source' },
        },
        explode: {
          description: 'A list in the value that becomes one row an element.',
          type: 'object',
          required: ['list', 'max'],
          additionalProperties: false,
          properties: {
            list: path,
            max: {
              description: 'Ranks past the end of a list are deleted up to here.',
              type: 'integer',
              minimum: 1,
              maximum: 1000,
            },
          },
        },
      },
    },
    source: {
      description: 'A path, a constant, or a path with a format for instants.',
      if: { type: 'string' },
      then: path,
      else: {
        type: 'object',
        additionalProperties: false,
        properties: {
          constant: { type: ['string', 'number', 'boolean'] },
          from: path,
          format: { type: 'string', minLength: 1 },
          optional: { type: 'boolean' },
        },
      },
    },
  },
};
