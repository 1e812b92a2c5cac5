/** `topology.optimization` as text: none, all, or a list of rules. */
import type { Kind } from './setting.ts';

const rules = ['reuse.ktable.source.topics', 'merge.repartition.topics', 'single.store.self.join'] as const;

type Rule = (typeof rules)[number];

export const topologyOptimization: Kind<'none' | 'all' | readonly Rule[]> = {
  expected: `none, all, or a list of ${rules.join(', ')}`,
  read: (raw) => {
    const words = typeof raw === 'string' ? raw.split(',').map((word) => word.trim()) : raw;
    if (!Array.isArray(words) || words.length === 0) return undefined;
    const [first] = words as unknown[];
    if (words.length === 1 && (first === 'none' || first === 'all')) return first;
    // As in the JVM library, none and all stand alone.
    return words.every((word) => rules.includes(word as Rule)) ? (words as Rule[]) : undefined;
  },
};
