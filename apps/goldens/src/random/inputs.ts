/** Inputs of a case: keys and values of its topics, out of order, null, empty and strange. */
import type { Draw } from './draw.ts';
import { isNumber } from './functions.ts';
import type { Plan, Type } from './plan.ts';

/** An input before it is fed: keys and values are text. */
export type Input = Readonly<Record<string, unknown>>;

const longs = ['1', '2', '3', '-5', '0', '9007199254740993', '-9223372036854775808', '9223372036854775807'];
const keys = ['a', 'a', 'a', 'b', 'b', 'c', 'k', 'ab', 'f1', 'f2', '', 'a,b', 'é', '😀x'];
const values = [
  '1',
  '2',
  '2',
  '3',
  '4',
  '7',
  'x',
  'a',
  'a b',
  'b',
  'f1',
  'f2',
  'f1,5',
  'f2,x',
  'k,9',
  'a,1',
  '',
  ' ',
  'é,é',
  '😀',
  '-3',
  '9007199254740993',
  '12345678901234567890',
  'xyzzy  q',
];
const versions = ['x', 'y', 'z', '?5', '?15', '?20', '?0', '!10', '!20', '!3'];

/** Of eight bytes, of four, and of others. */
const poison = ['abcdefgh', 'ABCDEFGH', 'abcd', 'x', ''];
const ints = ['0', '1', '2', '-7', '2147483647'];

/** Texts and numbers to choose from; `longest`: digits that they may have. */
function written(draw: Draw, type: Type, texts: readonly string[], nulls: number, longest: number): string | null {
  if (draw.chance(nulls)) return null;
  const choices = !isNumber(type) ? texts : type === 'int' ? ints : longs;
  return draw.of(choices.filter(({ length }) => length <= longest));
}

const headers = (draw: Draw): Input =>
  draw.maybe(18, () => ({
    headers: draw.of([
      [['h', '31']],
      [
        ['h', '31'],
        ['n', null],
      ],
      [
        ['h', '61'],
        ['h', '62'],
      ],
      [['é', '']],
    ]),
  }));

export interface Kinds {
  readonly isManual: boolean;
  readonly count: number;
  /** Whether a case may fail on a negative timestamp. */
  readonly isNegative: boolean;
}

export function inputsOf(plan: Plan, { isManual, count, isNegative }: Kinds): Input[] {
  const { draw } = plan;
  // Times are exact up to 2^53.
  const longest = plan.steps.some((step) => step['processor'] === 'setTimestamp') ? 12 : 99;
  const versioned = plan.steps.some((step) => step['processor'] === 'versionedWriter');
  const inputs: Input[] = [];
  let now = draw.chance(80) ? draw.between(0, 10) : draw.between(100, 1000);
  while (inputs.length < count) {
    if (isManual && draw.chance(20)) inputs.push({ commit: true });
    else if (draw.chance(plan.waits ? 25 : 3)) inputs.push({ advanceWallClockMs: draw.of([1, 4, 5, 9, 10, 33, 100]) });
    else {
      now += draw.of([0, 0, 1, 1, 2, 3, 5, 8, draw.chance(20) ? 40 : 1, draw.chance(4) ? 100_000 : 2]);
      const late = draw.chance(25) ? draw.of([1, 2, 3, 5, 10, 20, 60]) : 0;
      const topic = draw.of(plan.fed);
      const [key, value] = plan.topics[topic] ?? ['string', 'string'];
      const ts = isNegative && draw.chance(10) ? draw.of([-1, -5]) : Math.max(0, now - late);
      inputs.push({
        topic,
        key: written(draw, key, keys, 6, longest),
        value: written(draw, value, plan.poisoned.has(topic) ? poison : versioned ? versions : values, 13, longest),
        ts,
        ...headers(draw),
      });
    }
  }
  if (isManual && draw.chance(70)) inputs.push({ commit: true });
  return inputs;
}
