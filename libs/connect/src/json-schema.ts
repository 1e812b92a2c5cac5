/**
 * Checks a JSON value against a JSON schema and tells every fault with its path. Knows the keywords that `config-schema.ts` uses and refuses
 * a schema with another one, so nothing is ever left unchecked in silence.
 */
import { invariant } from '@millrace/base';

export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: JsonType | readonly JsonType[];
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: false | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly if?: JsonSchema;
  readonly then?: JsonSchema;
  readonly else?: JsonSchema;
}

type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null';

/** Property names and indexes from the root to a value. */
export type JsonPath = readonly (string | number)[];

export interface JsonFault {
  readonly path: JsonPath;
  /** Completes a sentence that begins with the value's path. */
  readonly problem: string;
}

const keywords: ReadonlySet<string> = new Set<keyof JsonSchema>([
  ...(['$schema', 'title', 'description', '$ref', '$defs', 'type', 'enum', 'pattern', 'minLength'] as const),
  ...(['minimum', 'maximum', 'minItems', 'items', 'required', 'properties', 'additionalProperties'] as const),
  ...(['propertyNames', 'if', 'then', 'else'] as const),
]);

/** Every place where the value is not what the schema says. */
export function schemaFaults(root: JsonSchema, value: unknown): readonly JsonFault[] {
  const faults: JsonFault[] = [];
  check({ root, faults }, root, value, []);
  return faults;
}

interface Checking {
  readonly root: JsonSchema;
  readonly faults: JsonFault[];
}

function check(checking: Checking, schema: JsonSchema, value: unknown, path: JsonPath): void {
  for (const keyword of Object.keys(schema)) invariant(keywords.has(keyword), `'${keyword}' is a keyword that is read`);
  if (schema.$ref !== undefined) check(checking, resolved(checking.root, schema.$ref), value, path);
  const problem = scalarProblem(schema, value);
  if (problem !== undefined) {
    checking.faults.push({ path, problem });
    return;
  }
  if (schema.if !== undefined) {
    const branch = schemaFaults({ ...schema.if, $defs: checking.root.$defs ?? {} }, value).length === 0;
    const next = branch ? schema.then : schema.else;
    if (next !== undefined) check(checking, next, value, path);
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined) value.forEach((item, i) => check(checking, items, item, [...path, i]));
  } else if (typeof value === 'object' && value !== null) {
    checkObject(checking, schema, value as Readonly<Record<string, unknown>>, path);
  }
}

function checkObject(
  checking: Checking,
  schema: JsonSchema,
  value: Readonly<Record<string, unknown>>,
  path: JsonPath,
): void {
  const { required = [], properties = {}, additionalProperties, propertyNames } = schema;
  for (const name of required) {
    if (!Object.hasOwn(value, name)) checking.faults.push({ path, problem: `has no '${name}'` });
  }
  for (const [name, member] of Object.entries(value)) {
    const at = [...path, name];
    if (propertyNames !== undefined) check(checking, propertyNames, name, at);
    if (Object.hasOwn(properties, name)) check(checking, properties[name] ?? {}, member, at);
    else if (additionalProperties === false)
      checking.faults.push({
        path: at,
        problem: `is not known; expected one of ${Object.keys(properties).join(', ')}`,
      });
    else if (additionalProperties !== undefined) check(checking, additionalProperties, member, at);
  }
}

function scalarProblem(schema: JsonSchema, value: unknown): string | undefined {
  const { type, pattern, minLength = 0, minItems = 0, minimum = -Infinity, maximum = Infinity } = schema;
  const types = type === undefined ? [] : Array.isArray(type) ? (type as readonly JsonType[]) : [type as JsonType];
  if (types.length > 0 && !types.some((one) => isOfType(one, value)))
    return `is ${shown(value)}; expected ${types.join(' or ')}`;
  if (schema.enum !== undefined && !schema.enum.includes(value as string))
    return `is ${shown(value)}; expected one of ${schema.enum.join(', ')}`;
  if (typeof value === 'string') {
    if (value.length < minLength) return 'is empty';
    if (pattern !== undefined && !new RegExp(pattern, 'u').test(value))
      return `is ${shown(value)}, which does not fit ${pattern}`;
  }
  if (typeof value === 'number' && (value < minimum || value > maximum))
    return `is ${value}; expected ${minimum} to ${maximum}`;
  if (Array.isArray(value) && value.length < minItems) return 'is empty';
  return undefined;
}

function isOfType(type: JsonType, value: unknown): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === type;
  }
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return typeof value === 'string' ? `'${value.slice(0, 100)}'` : String(value);
}

function resolved(root: JsonSchema, ref: string): JsonSchema {
  const found = root.$defs?.[ref.replace('#/$defs/', '')];
  invariant(found, `${ref} is defined in the schema`);
  return found;
}
