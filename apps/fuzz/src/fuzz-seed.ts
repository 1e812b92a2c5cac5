/** A seed: one topology of one family, fed once, run under other conditions for each claim. */
import type { GoldenCase } from '@millrace/app-goldens';
import { RandomStreams } from '@millrace/testing';
import type { Change, Claim, Claims, Same } from './claims.ts';
import { Draw } from './draw.ts';
import { drawInputs } from './draw-inputs.ts';
import { families, type FamilyName } from './families/index.ts';
import { differences, pairs, type Pair } from './run-claim.ts';
import { shrinkCase } from './shrink-case.ts';

/** A claim that does not hold, and the smallest case that shows it. */
export interface Finding {
  readonly seed: number;
  readonly family: FamilyName;
  readonly change: Change;
  readonly same: Same;
  readonly pair: Pair;
  readonly golden: GoldenCase;
  readonly differences: readonly string[];
}

export interface SeedResult {
  readonly family: FamilyName;
  /** How many claims were held against runs. */
  readonly checked: number;
  /** Changes that may be seen, with the reason. */
  readonly notClaimed: ReadonlyMap<Change, string>;
  readonly findings: readonly Finding[];
}

const names = Object.keys(families) as FamilyName[];
const changes: readonly Change[] = ['cut', 'restart', 'cache', 'eviction', 'partitions'];
/** Pairs of runs for each claim. */
const runsEach = 3;

/** The families take turns, so that any range of seeds has all of them. */
export function familyOf(seed: number): FamilyName {
  return names[seed % names.length] as FamilyName;
}

export async function fuzzSeed(seed: number, options: { readonly shrinks: boolean }): Promise<SeedResult> {
  const streams = new RandomStreams(seed);
  const family = familyOf(seed);
  const { golden, claims, closing } = drawCase(seed, streams);
  const topics = new Set(golden.inputs.map((input) => ('topic' in input ? input.topic : ''))).size;
  const findings: Finding[] = [];
  let checked = 0;
  for (const change of changes) {
    const same = claimOf(claims, change);
    if (!isSame(same)) continue;
    const draw = new Draw(streams.stream(`conditions/${change}`));
    for (let run = 0; run < runsEach; run++) {
      const pair = pairs[change](draw, topics);
      checked++;
      const found = await differences(golden, same, pair);
      if (found.length === 0) continue;
      const fails = async (smaller: GoldenCase): Promise<boolean> =>
        (await differences(smaller, same, pair)).length > 0;
      const smallest = options.shrinks ? await shrinkCase(golden, closing, fails) : golden;
      const shown = await differences(smallest, same, pair);
      findings.push({ seed, family, change, same, pair, golden: smallest, differences: shown });
      break;
    }
  }
  return { family, checked, notClaimed: reasonsOf(claims), findings };
}

interface DrawnCase {
  readonly golden: GoldenCase;
  readonly claims: Claims;
  /** How many inputs at the end close what is open. */
  readonly closing: number;
}

function drawCase(seed: number, streams: RandomStreams): DrawnCase {
  const family = familyOf(seed);
  const drawn = families[family](new Draw(streams.stream('topology')));
  const { inputs, closing } = drawInputs(new Draw(streams.stream('inputs')), drawn.inputs);
  const golden: GoldenCase = {
    name: `${family}-${seed}`,
    family,
    about: 'drawn',
    ...(drawn.config === undefined ? {} : { config: drawn.config }),
    topology: drawn.topology,
    inputs,
    expected: nothing,
  };
  return { golden, claims: drawn.claims, closing };
}

const nothing: GoldenCase['expected'] = {
  describe: '',
  outputs: [],
  changelogs: {},
  repartition: {},
  subtopologies: [],
  internalTopics: [],
  copartitionGroups: [],
  droppedRecords: 0,
};

function claimOf(claims: Claims, change: Change): Claim {
  return claims[change] ?? claims.cache;
}

function isSame(claim: Claim): claim is Same {
  return typeof claim === 'string';
}

function reasonsOf(claims: Claims): ReadonlyMap<Change, string> {
  const reasons = changes.flatMap((change): [Change, string][] => {
    const claim = claimOf(claims, change);
    return isSame(claim) ? [] : [[change, claim.dependsBecause]];
  });
  return new Map(reasons);
}
