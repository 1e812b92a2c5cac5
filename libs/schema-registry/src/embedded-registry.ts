/**
 * A schema registry in memory: subjects with versions, ids that never change, soft deletes, compatibility levels. In process it is the
 * SchemaRegistry port; `serveRegistry` puts it on HTTP. It is a development registry: what it knows ends with the process.
 */
import { millraceError, type MillraceError } from '@millrace/base';
import type { SchemaRegistry } from '@millrace/ports';
import { avroType, compatibilityLevels, incompatibility, type CompatibilityLevel } from './compatibility.ts';

/** A version of a subject. */
export interface SubjectVersion {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  readonly schema: string;
}

interface StoredVersion extends SubjectVersion {
  deleted: boolean;
}

const schemaBytesMax = 1 << 20;

export class EmbeddedRegistry implements SchemaRegistry {
  readonly #schemas = new Map<number, string>();
  readonly #idsBySchema = new Map<string, number>();
  readonly #subjects = new Map<string, StoredVersion[]>();
  readonly #levels = new Map<string, CompatibilityLevel>();
  #globalLevel: CompatibilityLevel = 'BACKWARD';

  async schemaById(id: number): Promise<string> {
    return this.schema(id);
  }

  async register(subject: string, schema: string): Promise<number> {
    return this.add(subject, schema).id;
  }

  async idOf(subject: string, schema: string): Promise<number | undefined> {
    const text = canonical(schema);
    return this.#live(subject).find((one) => one.schema === text)?.id;
  }

  async latest(subject: string): Promise<SubjectVersion | undefined> {
    return this.#live(subject).at(-1);
  }

  schema(id: number): string {
    const schema = this.#schemas.get(id);
    if (schema === undefined) throw millraceError('MR_REGISTRY_SCHEMA_UNKNOWN', { id });
    return schema;
  }

  /** Subjects and versions that use a schema. */
  uses(id: number): readonly SubjectVersion[] {
    this.schema(id);
    return [...this.#subjects.values()].flat().filter((one) => one.id === id && !one.deleted);
  }

  /** Registers, or finds the same schema there. The order of checks is Confluent's. */
  add(subject: string, text: string): SubjectVersion {
    if (subject === '') throw refused('registration', 422, 42_208, 'the subject has no name');
    const schema = canonical(text);
    const live = this.#live(subject);
    const same = live.find((one) => one.schema === schema);
    if (same !== undefined) return same;
    const level = this.level(subject) ?? this.#globalLevel;
    const why = incompatibility(
      schema,
      live.map((one) => one.schema),
      level,
    );
    if (why !== undefined) throw millraceError('MR_REGISTRY_INCOMPATIBLE', { subject, level, why });
    const all = this.#subjects.get(subject) ?? [];
    const added = { subject, version: (all.at(-1)?.version ?? 0) + 1, id: this.#idOf(schema), schema, deleted: false };
    this.#subjects.set(subject, [...all, added]);
    return added;
  }

  /** The version that has this schema. */
  find(subject: string, text: string): SubjectVersion {
    const schema = canonical(text);
    const found = this.versions(subject).find((one) => one.schema === schema);
    if (found === undefined) throw refused(`a lookup in '${subject}'`, 404, 40_403, 'Schema not found');
    return found;
  }

  subjects(): readonly string[] {
    return [...this.#subjects.keys()].filter((subject) => this.#live(subject).length > 0).sort();
  }

  /** Versions that are not deleted, oldest first; never empty. */
  versions(subject: string): readonly SubjectVersion[] {
    const live = this.#live(subject);
    if (live.length === 0) throw refused(`'${subject}'`, 404, 40_401, `Subject '${subject}' not found.`);
    return live;
  }

  version(subject: string, version: string): SubjectVersion {
    const live = this.versions(subject);
    if (version === 'latest' || version === '-1') return live.at(-1) as SubjectVersion;
    if (!/^[1-9]\d{0,8}$/.test(version)) {
      throw refused(`'${subject}'`, 422, 42_202, `The specified version '${version}' is not a valid version id.`);
    }
    const found = live.find((one) => one.version === Number(version));
    if (found === undefined) throw refused(`'${subject}'`, 404, 40_402, `Version ${version} not found.`);
    return found;
  }

  /** Soft delete: the ids stay readable, version numbers are not used again. `permanent` needs the soft one first. */
  deleteSubject(subject: string, permanent = false): readonly number[] {
    const all = this.#subjects.get(subject) ?? [];
    if (permanent && all.some((one) => !one.deleted)) {
      throw refused(
        `'${subject}'`,
        404,
        40_405,
        `Subject '${subject}' was not deleted first before being permanently deleted`,
      );
    }
    const gone = permanent ? all : [...this.versions(subject)];
    if (gone.length === 0) throw refused(`'${subject}'`, 404, 40_401, `Subject '${subject}' not found.`);
    const numbers = gone.map(({ version }) => version);
    if (permanent) this.#subjects.delete(subject);
    else all.forEach((one) => (one.deleted = true));
    this.#levels.delete(subject);
    return numbers;
  }

  deleteVersion(subject: string, version: string): number {
    const found = this.version(subject, version) as StoredVersion;
    found.deleted = true;
    return found.version;
  }

  /** The level of a subject, undefined when it has none of its own; without a subject the one that all others follow. */
  level(subject: string): CompatibilityLevel | undefined;
  level(): CompatibilityLevel;
  level(subject?: string): CompatibilityLevel | undefined {
    return subject === undefined ? this.#globalLevel : this.#levels.get(subject);
  }

  /** Sets a level; undefined takes the subject back to the common one. */
  setLevel(level: string | undefined, subject?: string): void {
    if (level === undefined) {
      if (subject !== undefined) this.#levels.delete(subject);
      return;
    }
    const known = compatibilityLevels.find((one) => one === level.toUpperCase());
    if (known === undefined)
      throw refused('a compatibility level', 422, 42_203, `Invalid compatibility level '${level}'`);
    if (subject === undefined) this.#globalLevel = known;
    else this.#levels.set(subject, known);
  }

  /** Why a schema may not follow: against one version, or against what its level compares with. */
  check(subject: string, text: string, version?: string): string | undefined {
    const schema = canonical(text);
    const level = this.level(subject) ?? this.#globalLevel;
    const earlier = version === undefined ? this.versions(subject) : [this.version(subject, version)];
    return incompatibility(
      schema,
      earlier.map((one) => one.schema),
      level,
    );
  }

  #live(subject: string): readonly StoredVersion[] {
    return (this.#subjects.get(subject) ?? []).filter((one) => !one.deleted);
  }

  #idOf(schema: string): number {
    const known = this.#idsBySchema.get(schema);
    if (known !== undefined) return known;
    const id = this.#schemas.size + 1;
    this.#schemas.set(id, schema);
    this.#idsBySchema.set(schema, id);
    return id;
  }
}

/** White space does not make another schema. */
function canonical(text: string): string {
  if (text.length > schemaBytesMax) throw refused('a schema', 422, 42_209, 'the schema is too large');
  try {
    avroType(text);
    return JSON.stringify(JSON.parse(text));
  } catch (error) {
    throw refused('a schema', 422, 42_201, `Invalid schema: ${(error as Error).message}`);
  }
}

function refused(doing: string, status: number, errorCode: number, why: string): MillraceError {
  return millraceError('MR_REGISTRY_REFUSED', { doing, status, errorCode, why });
}
