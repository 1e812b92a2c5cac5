/**
 * A `describe()` text as it is found in real life: in a log, with something before each line, with other line ends, as a JSON string, twice, cut off.
 * What counts is told by what the lines say, not by where they stand.
 */

export interface DescribedNode {
  readonly kind: 'Source' | 'Processor' | 'Sink';
  readonly name: string;
  /** Topics or stores, as they are written between the brackets. */
  readonly detail: string;
  readonly successors: readonly string[];
  readonly predecessors: readonly string[];
}

export interface DescribedTopology {
  /** `Topologies:` and what follows, without anything around it, each line indented by what it says. */
  readonly lines: readonly string[];
  /** Nodes of each sub-topology. */
  readonly parts: readonly (readonly DescribedNode[])[];
  /** Nodes that are named, but not described: the text is cut off. */
  readonly missing: readonly string[];
  /** Other descriptions before this one that say something else. */
  readonly others: number;
}

/** The last description in a text; undefined when there is none. */
export function describedTopology(text: string): DescribedTopology | undefined {
  const blocks = blocksOf(text).map(parsed);
  const found = blocks.filter(({ parts }) => parts.length > 0);
  const last = found.at(-1);
  if (last === undefined) return undefined;
  const same = last.lines.join('\n');
  return { ...last, others: found.filter(({ lines }) => lines.join('\n') !== same).length };
}

/** One for each `Topologies:`. Without any, all of the text may be what follows it. */
function blocksOf(text: string): readonly (readonly string[])[] {
  const lines = plain(text).split(/\r\n|\r|\n/);
  const blocks: string[][] = [[]];
  for (const line of lines) {
    if (/Topologies:\s*$/.test(line)) blocks.push([]);
    else blocks.at(-1)?.push(line);
  }
  return blocks;
}

const colours = /\u001b\[[0-9;]*m/g;

/** Without colours; a text that was written as one JSON string gets its lines back. */
function plain(text: string): string {
  const shown = text.replace(colours, '');
  return /Topologies:(\\r)?\\n/.test(shown)
    ? shown
        .replace(/\\r\\n|\\n/g, '\n')
        .replace(/\\u003e/gi, '>')
        .replace(/\\u003c/gi, '<')
    : shown;
}

const rows = {
  part: /(?:^|\s)(Sub-topology: \d+.*)$/,
  node: /(?:^|\s)((Source|Processor|Sink): (.+?) \((?:topics?|stores|extractor class): (.*)\))$/,
  successors: /(?:^|\s)(--> (.+))$/,
  predecessors: /(?:^|\s)(<-- (.+))$/,
};

type Open = { -readonly [K in keyof DescribedNode]: DescribedNode[K] };

function parsed(block: readonly string[]): Omit<DescribedTopology, 'others'> {
  const lines = ['Topologies:'];
  const parts: Open[][] = [];
  let node: Open | undefined;
  let before = '';
  for (const line of block.map((one) => one.trimEnd())) {
    const [part, begin] = [rows.part.exec(line), rows.node.exec(line)];
    if (part !== null) {
      lines.push(`  ${part[1]}`);
      parts.push([]);
      node = undefined;
    } else if (begin !== null) {
      lines.push(`    ${begin[1]}`);
      const [, , kind, name = '', detail = ''] = begin;
      node = { kind: kind as DescribedNode['kind'], name, detail, successors: [], predecessors: [] };
      parts.at(-1)?.push(node);
      before = prefix(line, begin);
    } else if (node !== undefined) lines.push(...neighbours(line, before, node));
  }
  return { lines, parts, missing: missingIn(parts) };
}

/** The line of an arrow, which says whom a node is connected with. An arrow in a line of the log begins otherwise than the node's line. */
function neighbours(line: string, before: string, node: Open): readonly string[] {
  for (const [side, stranger] of [
    ['successors', 'Sink'],
    ['predecessors', 'Source'],
  ] as const) {
    const found = rows[side].exec(line);
    if (found === null || node.kind === stranger || node[side].length > 0 || prefix(line, found) !== before) continue;
    node[side] = (found[2] ?? '').split(', ');
    return [`      ${found[1]}`];
  }
  return [];
}

/** What stands before the text in a line; the time in it goes on. */
function prefix(line: string, { index }: RegExpExecArray): string {
  return line.slice(0, index).trim().replace(/\d+/g, '0');
}

const nobody = 'none';

function missingIn(parts: readonly (readonly Open[])[]): readonly string[] {
  const nodes = parts.flat();
  const known = new Set([nobody, ...nodes.map(({ name }) => name)]);
  return [...new Set(nodes.flatMap(({ successors, predecessors }) => [...successors, ...predecessors]))].filter(
    (name) => !known.has(name),
  );
}

/**
 * Whether two descriptions differ in nothing but the names of nodes and the order of sub-topologies: what persists, topics and stores, hangs on neither.
 */
export function sameButForNames(a: DescribedTopology, b: DescribedTopology): boolean {
  const ids = new Map<string, number>();
  const shapes = ({ parts }: DescribedTopology): string =>
    parts
      .map((part) => shapeOf(part, ids))
      .sort()
      .join(';');
  return shapes(a) === shapes(b);
}

/** Each node by what it is, what follows it and what it follows, as numbers that `ids` gives. */
function shapeOf(part: readonly DescribedNode[], ids: Map<string, number>): string {
  const idOf = (text: string): number => {
    const id = ids.get(text) ?? ids.size;
    ids.set(text, id);
    return id;
  };
  const nodes = new Map(part.map((node) => [node.name, node]));
  const known = new Map<string, number>();
  const below = (name: string): number => {
    const node = nodes.get(name);
    if (node === undefined) return -1;
    const id =
      known.get(name) ??
      idOf(`${node.kind}|${[...detailNames(node.detail)].sort().join()}|${numbers(node.successors.map(below))}`);
    known.set(name, id);
    return id;
  };
  return numbers(part.map(({ name, predecessors }) => idOf(`${below(name)}<${numbers(predecessors.map(below))}`)));
}

function numbers(list: readonly number[]): string {
  return [...list].sort((a, b) => a - b).join();
}

/** Topics or stores of a node. */
export function detailNames(detail: string): readonly string[] {
  const list = detail.replace(/^\[|\]$/g, '');
  return list === '' ? [] : list.split(', ');
}
