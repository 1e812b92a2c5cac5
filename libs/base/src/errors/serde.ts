import { define } from './define.ts';

/** Errors of the serde area; every code starts with MR_SERDE_. */
export const serdeErrors = {
  MR_SERDE_UNSUITABLE: define<{ serde: string; topic: string; value: string }>({
    severity: 'record',
    message: ({ serde, topic, value }) => `The serde '${serde}' cannot write to '${topic}': it got ${value}.`,
    remedy: () =>
      'Give the operation the serde of the values that reach it; after a map or an aggregation that is another one.',
  }),
  MR_SERDE_SIZE: define<{ serde: string; topic: string; expected: number; actual: number }>({
    severity: 'record',
    message: ({ serde, topic, expected, actual }) =>
      `The serde '${serde}' expects ${expected} bytes in '${topic}' and got ${actual}.`,
    remedy: () => 'The records were written by another serializer: name that one in the topology.',
  }),
  MR_SERDE_UNSAFE_INTEGER: define<{ value: string }>({
    severity: 'record',
    message: ({ value }) => `${value} is no safe integer; a number would round it.`,
    remedy: () => 'Use Serdes.bigint() for values beyond ±(2^53 - 1).',
  }),
  MR_SERDE_UNREADABLE: define<{ serde: string; topic: string; problem: string }>({
    severity: 'record',
    message: ({ serde, topic, problem }) => `The serde '${serde}' cannot read a record of '${topic}': ${problem}.`,
    remedy: () => 'Correct the producer, or set deserialization.exception.handler to log-and-continue or dead-letter.',
  }),
  MR_SERDE_UNKNOWN_SCHEMA: define<{ serde: string; topic: string; id: number }>({
    severity: 'record',
    message: ({ serde, topic, id }) =>
      `The registry has no schema ${id}, which a record of '${topic}' names (serde '${serde}').`,
    remedy: () => 'Check that producer and application use the same registry.',
  }),
  MR_SERDE_SCHEMA_UNUSABLE: define<{ serde: string; topic: string; id: number; problem: string }>({
    severity: 'record',
    message: ({ serde, topic, id, problem }) =>
      `Schema ${id}, which a record of '${topic}' was written with, cannot be used by the serde '${serde}': ${problem}.`,
    remedy: ({ id }) =>
      `Look at schema ${id} in the registry: it must be valid Avro, and the reader's schema must accept what it writes. Or set deserialization.exception.handler to log-and-continue or dead-letter.`,
  }),
  MR_SERDE_NO_REGISTRY: define<{ serde: string; topic: string }>({
    severity: 'user',
    message: ({ serde, topic }) => `The serde '${serde}' of '${topic}' needs a schema registry and none is configured.`,
    remedy: () => 'Set schema.registry.url (SCHEMA_REGISTRY_URL), or give the serde a fixed schemaId.',
  }),
  MR_SERDE_SUBJECT_MISSING: define<{ serde: string; subject: string }>({
    severity: 'user',
    message: ({ serde, subject }) =>
      `The registry has no subject '${subject}', which the serde '${serde}' writes with.`,
    remedy: () => 'Register the schema, or leave autoRegister on.',
  }),
  MR_SERDE_SCHEMA_UNREGISTERED: define<{ serde: string; subject: string }>({
    severity: 'user',
    message: ({ serde, subject }) =>
      `The schema that the serde '${serde}' writes with is not registered under the subject '${subject}'.`,
    remedy: () => 'Register it there, leave autoRegister on, or write with the newest one: useLatestVersion.',
  }),
  MR_SERDE_SUBJECT_UNNAMED: define<{ serde: string; strategy: string }>({
    severity: 'user',
    message: ({ serde, strategy }) =>
      `The serde '${serde}' has a schema without a name, and subjects are named after it (${strategy}).`,
    remedy: () => "Use a record, enum or fixed, or subjectNameStrategy: 'topicName'.",
  }),
  MR_SERDE_SCHEMA_INVALID: define<{ problem: string }>({
    severity: 'user',
    message: ({ problem }) => `The schema of an Avro serde cannot be used: ${problem}.`,
    remedy: () => 'Correct the schema that is given to avro().',
  }),
  MR_SERDE_NOT_OPEN: define<{ serde: string; topic: string }>({
    severity: 'bug',
    message: ({ serde, topic }) => `The serde '${serde}' was used for '${topic}' before it was opened.`,
    remedy: () => 'Call open() for the topic before records flow; the runtime does.',
  }),
};
