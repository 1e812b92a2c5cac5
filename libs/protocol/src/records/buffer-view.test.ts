import { expect, test } from '@jest/globals';
import { bufferView } from './buffer-view.ts';

test('a view is a Buffer over the same memory', () => {
  const memory = Buffer.from('--hello--');
  const view = bufferView(memory.buffer, memory.byteOffset + 2, 5);
  expect(Buffer.isBuffer(view)).toBe(true);
  expect(view).toStrictEqual(Buffer.from('hello'));
  expect(view.equals(Buffer.from('hello'))).toBe(true);
  expect(view.toString('utf8', 1, 3)).toBe('el');
  expect(view.subarray(1).toString()).toBe('ello');
  expect(Buffer.concat([view, view]).toString()).toBe('hellohello');
  expect(JSON.stringify(view)).toBe(JSON.stringify(Buffer.from('hello')));
  memory[2] = 'j'.charCodeAt(0);
  expect(view.toString()).toBe('jello');
});

test('an empty one is at home everywhere in the memory, also at its end', () => {
  const memory = new Uint8Array(4).buffer;
  expect(bufferView(memory, 4, 0)).toHaveLength(0);
});
