/** Line and column of a value in a JSON text, so that a fault points into the file. */
import type { JsonPath } from './json-schema.ts';

/** `12:7`, both from 1: where the value at `path` begins (for a property: its name). The text must be JSON. */
export function jsonPosition(text: string, path: JsonPath): string {
  let at = skipSpace(text, 0);
  for (const step of path) at = typeof step === 'number' ? elementAt(text, at, step) : memberAt(text, at, step);
  return lineAndColumn(text, path.length > 0 && typeof path.at(-1) === 'string' ? nameBefore(text, at) : at);
}

/** Of an index into a text. */
export function lineAndColumn(text: string, index: number): string {
  const before = text.slice(0, index);
  return `${before.split('\n').length}:${index - before.lastIndexOf('\n')}`;
}

/** Start of the n-th element of the array that starts at `start`. */
function elementAt(text: string, start: number, n: number): number {
  let at = skipSpace(text, start + 1);
  for (let i = 0; i < n; i++) at = skipSpace(text, skipSpace(text, valueEnd(text, at)) + 1);
  return at;
}

/** Start of the value of a member; the last one of that name, as JSON.parse takes it. */
function memberAt(text: string, start: number, name: string): number {
  let found = start;
  for (let at = skipSpace(text, start + 1); text[at] === '"';) {
    const nameEnd = stringEnd(text, at);
    const value = skipSpace(text, skipSpace(text, nameEnd) + 1);
    if (JSON.parse(text.slice(at, nameEnd)) === name) found = value;
    at = skipSpace(text, skipSpace(text, valueEnd(text, value)) + 1);
  }
  return found;
}

/** Start of the name in front of a member's value. */
function nameBefore(text: string, value: number): number {
  const colon = text.lastIndexOf(':', value);
  const end = text.lastIndexOf('"', colon);
  for (let at = end - 1; at >= 0; at--) {
    if (text[at] !== '"') continue;
    let slashes = 0;
    while (text[at - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return at;
  }
  return value;
}

function valueEnd(text: string, start: number): number {
  if (text[start] === '"') return stringEnd(text, start);
  if (text[start] !== '{' && text[start] !== '[')
    return start + (/^[^\s,\]}]+/.exec(text.slice(start))?.[0].length ?? 0);
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = stringEnd(text, at) - 1;
    else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
  }
  return text.length;
}

function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function skipSpace(text: string, start: number): number {
  let at = start;
  while (/\s/.test(text[at] ?? '')) at++;
  return at;
}
