/** Holds the `describe()` text of a JVM application against that of a topology here. */
import { describedTopology, detailNames, sameButForNames, type DescribedTopology } from './described-topology.ts';
import { differs, fits, note, type Finding } from './finding.ts';

const shownLines = 24;

/** Topics and stores hang on the order of operators and on names, so the texts should be equal. */
export function descriptionFindings(theirs: string, ours: string): readonly Finding[] {
  const wanted = describedTopology(theirs);
  const got = describedTopology(ours);
  if (wanted === undefined || got === undefined) return [noDescription(theirs)];
  const { others, missing } = wanted;
  const several = others === 0 ? [] : [note('topology', severalText(others))];
  if (missing.length > 0) return [...several, cutOff(missing)];
  return [...several, compared(wanted, got)];
}

function compared(wanted: DescribedTopology, got: DescribedTopology): Finding {
  const changes = lineChanges(wanted.lines, got.lines);
  if (changes.length === 0) return fits('topology', `describe() is equal: ${wanted.lines.length} lines.`);
  const shown = changes.slice(0, shownLines).map(({ sign, number, line }) => `${sign} ${number}: ${line}`);
  if (changes.length > shownLines) shown.push(`and ${changes.length - shownLines} more`);
  const sides = "(- the JVM's, + this topology's):";
  if (sameButForNames(wanted, got))
    return note(
      'topology',
      [`describe() differs in names of nodes or the order of sub-topologies alone ${sides}`, ...shown].join('\n  '),
      'Operators, stores and topics are the same, and nothing that is kept hangs on the rest: the takeover is not held up. Metrics, logs and dead letters name nodes; for equal ones give the operators the names of the JVM program.',
    );
  const stores = onlyOnce(['Processor'], wanted, got);
  const sets = [
    ...onlyOnceText('stores', stores),
    ...onlyOnceText('topics', onlyOnce(['Source', 'Sink'], wanted, got)),
  ];
  return differs(
    'topology',
    [`describe() differs ${sides}`, ...sets, ...shown].join('\n  '),
    remedyFor(changes, stores),
  );
}

/** What only one side has. */
interface OnlyOnce {
  readonly theirs: readonly string[];
  readonly ours: readonly string[];
}

function onlyOnce(kinds: readonly string[], wanted: DescribedTopology, got: DescribedTopology): OnlyOnce {
  const namesOf = ({ parts }: DescribedTopology): ReadonlySet<string> => {
    const nodes = parts.flat().filter(({ kind }) => kinds.includes(kind));
    return new Set(nodes.flatMap(({ detail }) => detailNames(detail)));
  };
  const [theirs, ours] = [namesOf(wanted), namesOf(got)];
  return {
    theirs: [...theirs].filter((name) => !ours.has(name)),
    ours: [...ours].filter((name) => !theirs.has(name)),
  };
}

function onlyOnceText(what: string, { theirs, ours }: OnlyOnce): readonly string[] {
  const sides = [
    ['-', theirs],
    ['+', ours],
  ] as const;
  return sides.filter(([, names]) => names.length > 0).map(([sign, names]) => `${sign} ${what}: ${names.join(', ')}`);
}

function noDescription(text: string): Finding {
  return differs(
    'topology',
    text.trim() === '' ? 'The file is empty.' : 'The file holds no describe() text.',
    'Write what `System.out.print(topology.describe())` prints in the JVM application into the file, from the line `Topologies:` on. With settings that change the topology, take `builder.build(properties).describe()`.',
  );
}

function cutOff(missing: readonly string[]): Finding {
  return differs(
    'topology',
    `The describe() text is cut off: it names ${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ` and ${missing.length - 5} more` : ''}, and describes none of them.`,
    'Copy all of it, up to the blank line at its end. A logger may cut long messages: print it with System.out.print(topology.describe()).',
  );
}

function severalText(others: number): string {
  return `The file holds ${others === 1 ? 'another description' : `${others} other descriptions`} before the last one, and of another topology; the last one is compared.`;
}

interface LineChange {
  readonly sign: '-' | '+';
  readonly number: number;
  readonly line: string;
}

/** Stores of stream-stream left and outer joins, since 3.1. */
function isWaiting(store: string): boolean {
  return /^KSTREAM-OUTERSHARED-|-shared-join-store$/.test(store);
}

function remedyFor(changes: readonly LineChange[], { theirs, ours }: OnlyOnce): string {
  if (ours.some(isWaiting) && !theirs.some(isWaiting))
    return 'The JVM application joins streams over JoinWindows.of(...), as before Kafka Streams 3.1: it keeps no store of what waits for a partner. Move it to JoinWindows.ofTimeDifferenceAndGrace(...) first, then check again.';
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
