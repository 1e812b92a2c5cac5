/**
 * topology.optimization: merge.repartition.topics. Repartition topics that lie behind one step that changes keys become one, called after the first of
 * them and right behind that step; what lay between them comes after it.
 */
import type { Operation, SinkNode, SourceNode, TopologyNode } from '@millrace/topology';

/** Nodes around a repartition topic. It is known by the name of its source. */
interface Passage {
  readonly filter: string;
  readonly sink: SinkNode;
  readonly source: SourceNode;
}

export interface MergedRepartitions {
  readonly nodes: readonly TopologyNode[];
  /** Topics that are gone. */
  readonly goneTopics: ReadonlySet<string>;
  /** Source of a topic that is gone -> that of the one topic. */
  readonly rename: ReadonlyMap<string, string>;
}

type Types = ReadonlySet<Operation['type']>;

const changesKeys: Types = new Set(['map', 'flatMap', 'selectKey', 'mapAsync', 'processAsync'] as const);
/** Nothing is moved over these. */
const changesValues: Types = new Set(['mapValues', 'flatMapValues', 'mapValuesAsync'] as const);
/**
 * They may change keys and values, but by default the JVM library goes over them (KAFKA-19668): they come behind the one topic. Unless it would not build
 * such a topology at all.
 */
const processors: Types = new Set(['process', 'processValues'] as const);

export interface MergeOptions {
  /** Tells topics that the user has asked for: they stay. */
  readonly isFixed: (topic: string) => boolean;
  /** Processors change keys and values. */
  readonly fixesProcessors: boolean;
}

export function mergeRepartitions(nodes: readonly TopologyNode[], options: MergeOptions): MergedRepartitions {
  return new Merger(nodes, options).merge();
}

class Merger {
  readonly #nodes = new Map<string, TopologyNode>();
  /** Parents of a node; those of the source of a repartition topic are what writes to the topic. */
  readonly #parents = new Map<string, string[]>();
  readonly #passages = new Map<string, Passage>();
  readonly #goneTopics = new Set<string>();
  readonly #rename = new Map<string, string>();
  /** Nodes of the one topic by the node that they come behind. */
  readonly #added = new Map<string, TopologyNode[]>();

  readonly #isFixed: (topic: string) => boolean;
  readonly #changesKeys: Types;
  readonly #changesAny: Types;

  constructor(nodes: readonly TopologyNode[], { isFixed, fixesProcessors }: MergeOptions) {
    this.#isFixed = isFixed;
    this.#changesKeys = fixesProcessors ? new Set([...changesKeys, 'process']) : changesKeys;
    this.#changesAny = new Set([...this.#changesKeys, ...changesValues, ...(fixesProcessors ? processors : [])]);
    for (const node of nodes) {
      this.#nodes.set(node.name, node);
      this.#parents.set(node.name, node.kind === 'source' ? [] : [...new Set(node.parents)]);
    }
    const sinks = new Map(nodes.flatMap((node) => (node.kind === 'sink' && node.internal ? [[node.topic, node]] : [])));
    for (const source of nodes) {
      const sink = source.kind === 'source' && source.internal ? sinks.get(source.topics[0] ?? '') : undefined;
      if (source.kind !== 'source' || sink === undefined) continue;
      const [writer = ''] = sink.parents;
      const isFiltered = this.#operation(writer) === 'repartitionFilter';
      this.#parents.set(source.name, [...(this.#parents.get(isFiltered ? writer : sink.name) ?? [])]);
      if (isFiltered) this.#passages.set(source.name, { filter: writer, sink, source });
    }
  }

  merge(): MergedRepartitions {
    for (const [changer, sources] of this.#byChanger()) if (sources.length > 0) this.#mergeBehind(changer, sources);
    const gone = new Set(
      [...this.#rename.keys()].flatMap((source) => {
        const { filter, sink } = this.#passages.get(source) as Passage;
        return [filter, sink.name, source];
      }),
    );
    const nodes = [...this.#nodes.values()].flatMap((node) => [
      ...(gone.has(node.name) ? [] : [this.#placed(node)]),
      ...(this.#added.get(node.name) ?? []),
    ]);
    return { nodes, goneTopics: this.#goneTopics, rename: this.#rename };
  }

  /** The passages behind each step that changes keys, unless a step that changes values lies between; those of merged streams behind the merge. */
  #byChanger(): Map<string, string[]> {
    const found = new Map<string, string[]>();
    for (const name of this.#nodes.keys()) if (this.#changes(name, this.#changesKeys)) found.set(name, []);
    for (const [source, { sink }] of this.#passages) {
      if (this.#isFixed(sink.topic)) continue;
      const changer = this.#upwards(source, (name) => this.#changes(name, this.#changesKeys));
      const nearest = this.#upwards(source, (name) => this.#changes(name, this.#changesAny));
      if (changer !== undefined && changer === nearest) found.get(changer)?.push(source);
    }
    for (const [changer, sources] of found) found.set(changer, this.#buildable(changer, sources));
    this.#moveBehindMerges(found);
    return found;
  }

  /** Without those that share a way over a processor: the JVM library fails there. */
  #buildable(changer: string, sources: readonly string[]): string[] {
    const ways = sources.map((source) => this.#childOf(changer, source));
    return sources.filter((source, i) => {
      const isShared = ways.some((way, other) => other !== i && way === ways[i]);
      return !isShared || !this.#goesOverProcessor(changer, source);
    });
  }

  #goesOverProcessor(changer: string, source: string): boolean {
    const first = this.#upwards(source, (name) => name === changer || this.#changes(name, processors));
    return first !== changer;
  }

  #moveBehindMerges(found: Map<string, string[]>): void {
    const merged = [...this.#nodes.keys()].filter((name) => this.#isMerge(name));
    const moved = merged.map((merge) => {
      const changers = [...found].filter(
        ([changer, sources]) =>
          sources.every((source) => this.#childOf(merge, source) !== undefined) &&
          this.#childOf(changer, merge) !== undefined,
      );
      return { merge, changers };
    });
    for (const { merge, changers } of moved) found.set(merge, [...new Set(changers.flatMap(([, sources]) => sources))]);
    for (const { changers } of moved) for (const [changer] of changers) found.delete(changer);
  }

  #mergeBehind(changer: string, sources: readonly string[]): void {
    const passages = sources.map((source) => this.#passages.get(source) as Passage);
    const [first] = passages as [Passage];
    const { topic } = first.sink;
    const name = (role: string): string => `${topic}-${role}`;
    const keySerde = passages.map(({ sink }) => sink.keySerde).find((serde) => serde !== null) ?? null;
    const valueSerde = passages.map(({ sink }) => sink.valueSerde).find((serde) => serde !== null) ?? null;
    const serdes = { keySerde, valueSerde };
    const operation = { type: 'repartitionFilter', dropNullKeys: true } as const;
    this.#added.set(changer, [
      { kind: 'processor', name: name('filter'), parents: [changer], operation },
      { ...first.sink, ...serdes, name: name('sink'), parents: [name('filter')], partitioner: null },
      { ...first.source, ...serdes, name: name('source') },
    ]);
    for (const { source, sink } of passages) {
      // The one topic may have the names of the first that is gone.
      const next = [...this.#parents].flatMap(([node, parents]) => (parents.includes(source.name) ? [node] : []));
      const child = this.#childOf(changer, source.name);
      if (child !== undefined) this.#replace(child, changer, [name('source')]);
      const behind = this.#parents.get(source.name) ?? [];
      for (const node of next) this.#replace(node, source.name, behind);
      this.#rename.set(source.name, name('source'));
      if (sink.topic !== topic) this.#goneTopics.add(sink.topic);
    }
  }

  #replace(node: string, parent: string, by: readonly string[]): void {
    const parents = this.#parents.get(node) ?? [];
    if (!parents.includes(parent)) return;
    this.#parents.set(node, [...new Set(parents.flatMap((one) => (one === parent ? by : [one])))]);
  }

  #placed(node: TopologyNode): TopologyNode {
    if (node.kind === 'source') return node;
    return { ...node, parents: this.#parents.get(node.name) ?? node.parents };
  }

  /** On the way up from a node: the one that hangs on `parent`. */
  #childOf(parent: string, from: string): string | undefined {
    return this.#upwards(from, (name) => this.#parents.get(name)?.includes(parent) ?? false);
  }

  /** As the JVM searches: a node itself, then its parents, of whose ancestors the last find counts. */
  #upwards(from: string, isWanted: (name: string) => boolean): string | undefined {
    if (isWanted(from)) return from;
    let found: string | undefined;
    for (const parent of this.#parents.get(from) ?? []) {
      if (isWanted(parent)) return parent;
      found = this.#upwards(parent, isWanted);
    }
    return found;
  }

  #changes(name: string, types: Types): boolean {
    const type = this.#operation(name);
    return type !== undefined && types.has(type);
  }

  /** Where two streams are merged: branches of a split and the ends of joins look alike. */
  #isMerge(name: string): boolean {
    if (this.#operation(name) !== 'merge') return false;
    const above = (this.#parents.get(name) ?? []).map((parent) => this.#operation(parent));
    return !above.includes('branch') && !above.includes('streamJoin');
  }

  #operation(name: string): Operation['type'] | undefined {
    const node = this.#nodes.get(name);
    return node?.kind === 'processor' ? node.operation.type : undefined;
  }
}
