/** Functions of the case language by what they give. */
import type { Draw } from './draw.ts';
import type { Type } from './plan.ts';

export const isWindowed = (type: Type): boolean => type.includes('Windowed(');
export const isNumber = (type: Type): boolean => type === 'long' || type === 'int';
/** The key inside a windowed key. */
export const innerOf = (type: Type): Type => /^\w+\(([^,)]+)/.exec(type)?.[1] ?? type;

export interface Fn {
  readonly fn: string;
  readonly type: Type;
}

const ofText = [
  'upper',
  'lower',
  'append:!',
  'append:,z',
  'prepend:p',
  'firstChar',
  'field:0',
  'field:1',
  'nullIf:x',
  'nullIf:2',
  'nullIfStarts:a',
  'toString',
  'keyValue',
  'const:c',
];

/** What makes a value of a key and a value. */
export function valueFn(draw: Draw, value: Type): Fn {
  if (draw.chance(12))
    return {
      fn: draw.of(['longLength', 'toLong', 'add:1', 'add:-7', 'add:9007199254740993', 'add:9223372036854775807']),
      type: 'long',
    };
  if (draw.chance(3)) return { fn: 'length', type: 'int' };
  if (draw.chance(10)) return { fn: 'value', type: value };
  if (draw.chance(2)) return { fn: draw.of(['throwIf:x', 'throwIf:2']), type: value };
  // These give what they were given.
  const given = draw.of(ofText);
  return given.startsWith('nullIf') ? { fn: given, type: value } : { fn: given, type: 'string' };
}

/** What makes a key of a key and a value. */
export function keyFn(draw: Draw, key: Type, value: Type): Fn {
  if (isWindowed(key)) {
    const inner = { fn: 'windowKey', type: innerOf(key) };
    return draw.of([
      inner,
      inner,
      { fn: 'keyText', type: 'string' },
      { fn: 'keyAppend:!', type: 'string' },
      { fn: 'windowStart', type: 'long' },
    ]);
  }
  if (draw.chance(35)) return { fn: 'value', type: value };
  if (draw.chance(5)) return { fn: draw.of(['longLength', 'toLong']), type: 'long' };
  const given = draw.of([
    'key',
    'firstChar',
    'keyFirstChar',
    'field:0',
    'keyField:0',
    'nullIf:x',
    'nullIfKey:a',
    'const:k',
    'null',
    'keyAppend:!',
    'keyUpper',
    'keyText',
    'upper',
    'keyValue',
  ]);
  if (given === 'key' || given.startsWith('nullIfKey')) return { fn: given, type: key };
  return { fn: given, type: given.startsWith('nullIf:') ? value : 'string' };
}

export const predicate = (draw: Draw): string =>
  draw.of([
    'all',
    'even',
    'even',
    'gt:2',
    'gt:-1',
    'gt:9007199254740992',
    'valueNotNull',
    'startsWith:a',
    'contains:1',
    'valueIs:x',
    'keyIs:a',
    'none',
  ]);

export function joiner(draw: Draw, left: Type, right: Type): Fn {
  const text = draw.of(['concat', 'concat', 'withKey', 'nullIfRight:2', 'nullIfRight:x']);
  return draw.of([
    { fn: text, type: 'string' },
    { fn: text, type: 'string' },
    { fn: 'left', type: left },
    { fn: 'right', type: right },
    { fn: 'sum', type: 'long' },
  ]);
}

/** An aggregation: what it starts from, adds and takes away. */
export interface Aggregation {
  readonly init: string;
  readonly fn: string;
  readonly sub: string;
  readonly merger: string;
  readonly type: Type;
}

export function aggregation(draw: Draw, value: Type): Aggregation {
  if (draw.chance(35)) {
    const init = draw.of(['zero', 'zero', 'null']);
    const fn = draw.of(['sum', 'sum', 'count', 'max', 'sub']);
    return { init, fn, sub: fn === 'count' ? 'uncount' : 'sub', merger: 'sum', type: 'long' };
  }
  if (value === 'string' && draw.chance(15))
    return { init: 'const:i', fn: 'last', sub: 'removeFirst', merger: 'second', type: 'string' };
  const fn = draw.chance(3) ? 'throwIf:2' : draw.of(['concat', 'concat', 'concatKey', 'nullOn:x', 'nullOn:2']);
  return {
    init: draw.of(['empty', 'empty', 'const:i', 'null']),
    fn,
    sub: 'removeFirst',
    merger: draw.of(['concat', 'concat', 'second']),
    type: 'string',
  };
}

/** A reduction gives what it was given. */
export function reduction(draw: Draw, value: Type): { readonly fn: string; readonly sub: string } {
  if (value === 'long') return { fn: draw.of(['sum', 'last', 'first']), sub: 'sub' };
  if (value !== 'string') return { fn: draw.of(['last', 'first', 'max']), sub: 'first' };
  return {
    fn: draw.of(['concat', 'concat', 'first', 'last', 'max', 'nullOn:x', 'nullOn:2']),
    sub: draw.of(['removeFirst', 'removeFirst', 'first', 'last']),
  };
}
