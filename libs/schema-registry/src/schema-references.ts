/** Schemas that name types of other subjects: a registry keeps them apart, a reader needs one text with everything in it. */

/** One type that a schema takes from another subject. */
export interface SchemaReference {
  /** The full name of the type. */
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** The references of a registry's answer; anything else is none. */
export function referencesOf(answer: Readonly<Record<string, unknown>>): readonly SchemaReference[] {
  const { references } = answer;
  if (!Array.isArray(references)) return [];
  return references.filter(
    (one: Partial<SchemaReference> | null): one is SchemaReference =>
      typeof one?.name === 'string' && typeof one.subject === 'string' && typeof one.version === 'number',
  );
}

/** The schema with each referenced type written out where it stands first. `definitions` has their texts by full name. */
export function inlined(schema: string, definitions: ReadonlyMap<string, string>): string {
  const left = new Map(definitions);
  const written = (node: unknown, namespace: string): unknown => {
    if (typeof node === 'string') {
      const name = fullName(node, namespace);
      const text = left.get(name);
      if (text === undefined) return node;
      left.delete(name);
      return written(JSON.parse(text), '');
    }
    if (Array.isArray(node)) return node.map((one) => written(one, namespace));
    if (typeof node !== 'object' || node === null) return node;
    return typeOf(node as Readonly<Record<string, unknown>>, namespace, written);
  };
  return JSON.stringify(written(JSON.parse(schema), ''));
}

type Write = (node: unknown, namespace: string) => unknown;

/** Only where a type stands is a name one: not in defaults, docs or symbols. */
function typeOf(
  node: Readonly<Record<string, unknown>>,
  outer: string,
  written: Write,
): Readonly<Record<string, unknown>> {
  const namespace = namespaceOf(node, outer);
  const changed: Record<string, unknown> = { ...node };
  for (const part of ['type', 'items', 'values'] as const)
    if (node[part] !== undefined) changed[part] = written(node[part], namespace);
  if (Array.isArray(node['fields']))
    changed['fields'] = node['fields'].map((field: Readonly<Record<string, unknown>>) => ({
      ...field,
      type: written(field['type'], namespace),
    }));
  return changed;
}

function namespaceOf({ name, namespace }: Readonly<Record<string, unknown>>, outer: string): string {
  if (typeof name === 'string' && name.includes('.')) return name.slice(0, name.lastIndexOf('.'));
  return typeof namespace === 'string' ? namespace : outer;
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}
