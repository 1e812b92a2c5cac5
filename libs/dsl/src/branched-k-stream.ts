import { millraceError } from '@millrace/base';
import type { BranchSpec } from '@millrace/topology';
import { requireOptions } from './argument.ts';
import { KStream, type StreamState } from './k-stream.ts';
import type { Branched, Named } from './options.ts';

/**
 * A stream that is being split (JVM: BranchedKStream): each record goes to the first branch that accepts it, in the order in which they are given; what
 * none accepts goes to the default branch, or nowhere. `defaultBranch` and `noDefaultBranch` end the split and give the branches by name.
 *
 * @example
 * const { 'size-small': small, 'size-0': rest } = orders
 *   .split({ name: 'size-' })
 *   .branch((_key, order) => order.amount < 100, { name: 'small' })
 *   .defaultBranch();
 */
export class BranchedKStream<K, V> {
  readonly #from: StreamState<K, V>;
  readonly #name: string;
  readonly #specs: BranchSpec[] = [];
  readonly #branches: Record<string, KStream<K, V>> = {};
  #isEnded = false;

  constructor(from: StreamState<K, V>, { name }: Named) {
    const { graph, node } = from;
    this.#from = from;
    this.#name = graph.name('KSTREAM-BRANCH-', name);
    graph.processor(this.#name, [node], { type: 'branch', branches: this.#specs });
  }

  /** A branch for what no branch before has accepted and the predicate accepts. */
  branch(predicate: (key: K, value: V) => boolean, branched: Branched<K, V> = {}): this {
    this.#add(this.#specs.length + 1, predicate, branched);
    return this;
  }

  /** A branch for what no other accepts; gives all branches by name. */
  defaultBranch(branched: Branched<K, V> = {}): Readonly<Record<string, KStream<K, V>>> {
    this.#add(0, undefined, branched);
    return this.noDefaultBranch();
  }

  /** What no branch accepts is dropped; gives all branches by name. */
  noDefaultBranch(): Readonly<Record<string, KStream<K, V>>> {
    this.#isEnded = true;
    return this.#branches;
  }

  #add(position: number, predicate: ((key: K, value: V) => boolean) | undefined, branched: Branched<K, V>): void {
    requireOptions('a branch', branched);
    if (this.#isEnded) throw millraceError('MR_TOPOLOGY_SPLIT_ENDED', { split: this.#name });
    const { graph } = this.#from;
    const node = graph.name('', `${this.#name}${branched.name ?? position}`);
    graph.processor(node, [this.#name], { type: 'merge' });
    const ref = predicate === undefined ? null : graph.function(node, 'predicate', predicate);
    this.#specs.push({ node, predicate: ref });
    const stream = new KStream({ ...this.#from, node });
    const made = resultOf(stream, branched);
    if (made) this.#branches[node] = made;
  }
}

function resultOf<K, V>(stream: KStream<K, V>, branched: Branched<K, V>): KStream<K, V> | null | undefined {
  if (branched.function !== undefined) return branched.function(stream);
  if (branched.consumer === undefined) return stream;
  branched.consumer(stream);
  return undefined;
}
