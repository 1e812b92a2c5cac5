/** Under which subject of a registry the schema of a topic stands, and with which schema a topic is written. */
import { millraceError } from '@millrace/base';
import type { SerdeUse } from './serde.ts';

/**
 * Names a subject (Confluent's classes of these names): `topicName` is `<topic>-key` or `<topic>-value`, `recordName` the full name of the record,
 * `topicRecordName` is `<topic>-<full name>`; or a function of one's own.
 */
export type SubjectNameStrategy =
  'topicName' | 'recordName' | 'topicRecordName' | ((topic: string, isKey: boolean, recordName: string) => string);

export function subjectOf(
  strategy: SubjectNameStrategy,
  serde: string,
  recordName: string | undefined,
  { topic, isKey }: Pick<SerdeUse, 'topic' | 'isKey'>,
): string {
  if (strategy === 'topicName') return `${topic}-${isKey ? 'key' : 'value'}`;
  if (typeof strategy === 'function') return strategy(topic, isKey, recordName ?? '');
  if (recordName === undefined) throw millraceError('MR_SERDE_SUBJECT_UNNAMED', { serde, strategy });
  return strategy === 'recordName' ? recordName : `${topic}-${recordName}`;
}

/** How a schema is found that values are written with. */
export interface WriterChoice {
  readonly serde: string;
  readonly subject: string;
  /** The serde's own schema as text. */
  readonly schema: string;
  readonly autoRegister: boolean;
  readonly useLatestVersion: boolean;
}

/** The id to write, and the schema that it names: the serde's own, or the newest of the subject. */
export async function writerSchema(
  { topic, registry }: SerdeUse,
  { serde, subject, schema, autoRegister, useLatestVersion }: WriterChoice,
): Promise<{ readonly id: number; readonly schema: string }> {
  if (registry === undefined) throw millraceError('MR_SERDE_NO_REGISTRY', { serde, topic });
  if (useLatestVersion) {
    const latest = await registry.latest(subject);
    if (latest === undefined) throw millraceError('MR_SERDE_SUBJECT_MISSING', { serde, subject });
    return latest;
  }
  const id = autoRegister ? await registry.register(subject, schema) : await registry.idOf(subject, schema);
  if (id === undefined) throw millraceError('MR_SERDE_SCHEMA_UNREGISTERED', { serde, subject });
  return { id, schema };
}
