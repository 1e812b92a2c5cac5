/** Holds the `describe()` text of a JVM application against that of a topology here. */
import { differs, fits, type Finding } from './finding.ts';

const shownLines = 24;

/** Topics and stores hang on names and numbers of nodes and sub-topologies, so all of the text must be equal. Lines around it, as of a log, do not count. */
export function descriptionFindings(theirs: string, ours: string): readonly Finding[] {
  const wanted = linesOf(theirs);
  const got = linesOf(ours);
  if (wanted.length === 0)
    return [
      differs(
        'topology',
        'The file holds no describe() text.',
        'Write what `System.out.print(topology.describe())` prints in the JVM application into the file, from the line `Topologies:` on. With settings that change the topology, take `builder.build(properties).describe()`.',
      ),
    ];
  const changes = lineChanges(wanted, got);
  if (changes.length === 0) return [fits('topology', `describe() is equal: ${wanted.length} lines.`)];
  const shown = changes.slice(0, shownLines).map(({ sign, number, line }) => `  ${sign} ${number}: ${line}`);
  if (changes.length > shownLines) shown.push(`  and ${changes.length - shownLines} more`);
  const text = `describe() differs (- the JVM's, + this topology's):\n${shown.join('\n')}`;
  return [differs('topology', text, remedyFor(changes))];
}

interface LineChange {
  readonly sign: '-' | '+';
  readonly number: number;
  readonly line: string;
}

function remedyFor(changes: readonly LineChange[]): string {
  const withoutNumbers = (sign: '-' | '+'): string =>
    changes
      .filter((change) => change.sign === sign)
      .map(({ line }) => line.trim().replace(/\d{10}/g, '#'))
      .sort()
      .join('\n');
  if (withoutNumbers('-') === withoutNumbers('+'))
    return 'Only the running numbers in generated names differ: an operator before the first of these lines is missing here, is one too many, or stands in another place. Write the operators in the order of the JVM program.';
  return 'Write the same operators in the same order, with the same names (`name` here is Named.as, Grouped.as, Joined.as, Materialized.as there). If the JVM application sets topology.optimization, give build() the same `optimization`.';
}

/** From `Topologies:` to the last line of the text. */
function linesOf(text: string): readonly string[] {
  const all = text.split(/\r?\n/).map((line) => line.trimEnd());
  const begin = all.findIndex((line) => line.endsWith('Topologies:'));
  if (begin < 0) return [];
  const rest = all.slice(begin + 1);
  const end = rest.findIndex((line) => line !== '' && !line.startsWith('  ') && !/^ +Sub-topology:/.test(line));
  return ['Topologies:', ...(end < 0 ? rest : rest.slice(0, end)).filter((line) => line !== '')];
}

/** Lines to take out and to put in, by the longest common subsequence. */
function lineChanges(from: readonly string[], to: readonly string[]): readonly LineChange[] {
  const width = to.length + 1;
  const common = new Uint32Array((from.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = from.length - 1; i >= 0; i--)
    for (let j = to.length - 1; j >= 0; j--)
      common[i * width + j] = from[i] === to[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const changes: LineChange[] = [];
  for (let i = 0, j = 0; i < from.length || j < to.length;) {
    if (i < from.length && j < to.length && from[i] === to[j]) {
      i++;
      j++;
    } else if (j >= to.length || (i < from.length && at(i + 1, j) >= at(i, j + 1)))
      changes.push({ sign: '-', number: i + 1, line: from[i++] ?? '' });
    else changes.push({ sign: '+', number: j + 1, line: to[j++] ?? '' });
  }
  return changes;
}
