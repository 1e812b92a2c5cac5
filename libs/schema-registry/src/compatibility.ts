/**
 * Whether schemas of a subject may follow each other: Confluent's levels over Avro's rules of schema resolution (avsc's resolvers).
 * Known difference: a record whose namespace changed is refused where Confluent compares the short name only.
 */
import avsc from 'avsc';

/** Compatibility levels of the Confluent contract. */
export const compatibilityLevels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;

export type CompatibilityLevel = (typeof compatibilityLevels)[number];

/** A schema as avsc reads it. Throws avsc's error for text that is no Avro schema. */
export function avroType(schema: string): avsc.Type {
  const parsed = JSON.parse(schema) as avsc.Schema;
  return avsc.Type.forSchema(parsed, { wrapUnions: false, noAnonymousTypes: false });
}

/** Why the schema may not follow the earlier ones (oldest first); undefined when it may. */
export function incompatibility(
  schema: string,
  earlier: readonly string[],
  level: CompatibilityLevel,
): string | undefined {
  if (level === 'NONE') return undefined;
  const compared = level.endsWith('_TRANSITIVE') ? earlier : earlier.slice(-1);
  const candidate = avroType(schema);
  for (const text of compared) {
    const other = avroType(text);
    const why =
      (level.startsWith('FORWARD')
        ? undefined
        : unreadable(candidate, other, 'the new schema cannot read data of an old one')) ??
      (level.startsWith('BACKWARD')
        ? undefined
        : unreadable(other, candidate, 'an old schema cannot read data of the new one'));
    if (why !== undefined) return why;
  }
  return undefined;
}

function unreadable(reader: avsc.Type, writer: avsc.Type, what: string): string | undefined {
  try {
    reader.createResolver(writer);
    return undefined;
  } catch (error) {
    return `${what}: ${(error as Error).message}`;
  }
}
