/**
 * Shortens bytes to fewer with the same remainder modulo the polynomial of CRC-32C, so that little is left to the tables: together they need a
 * third of the time that the tables need alone. It takes sixteen bytes at once, for which JavaScript has no instruction and WebAssembly has.
 *
 * Why it is right: the polynomial divides f(x) = x^79 + x^75 + x^71 + x^58 + x^18 + x^12 + x + 1, found by search. So it divides f(x)^128, which
 * is f(x^128), as the square of a sum is the sum of the squares where 1 + 1 = 0. With y = x^128, sixteen bytes: y^79 leaves the same remainder
 * as the other terms. So sixteen bytes may go if they are added (XOR) to those 79, 78, 67, 61, 21, 8 and 4 places behind them.
 */

const PLACE = 16;
/** Where a place is added, in places behind it. */
const TAPS = [79, 78, 67, 61, 21, 8, 4];
const REMAINDER_BYTES = 79 * PLACE;
/** Memory of WebAssembly comes in pages; this needs one. */
const PAGE_BYTES = 65_536;

/** Fewer bytes than this are faster done with the tables alone. */
export const worthwhileBytes = 3_072;

/** Bytes that stand for `count` others: those from `start` to `count`. They are good until the next call. */
export interface Folded {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly count: number;
}

/** Folds as much of `buffer[start, end)` as there is room for, and the CRC of what was before it: the rest is to be read from a CRC of 0. */
export function foldCrc32c(crc: number, buffer: Uint8Array, start: number, end: number): Folded {
  const { bytes, head, fold } = (folding ??= instantiate());
  const count = Math.min(end - start, PAGE_BYTES);
  bytes.set(new Uint8Array(buffer.buffer, buffer.byteOffset + start, count));
  head.setInt32(0, head.getInt32(0, true) ^ crc, true);
  const cut = (count - REMAINDER_BYTES) & -PLACE;
  fold(cut);
  return { bytes, start: cut, count };
}

/** The part of WebAssembly used here; the types of Node leave all of it out. */
declare const WebAssembly: {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object) => {
    readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; readonly fold: (end: number) => void };
  };
};

let folding: ReturnType<typeof instantiate> | undefined;

function instantiate() {
  const { memory, fold } = new WebAssembly.Instance(new WebAssembly.Module(moduleCode())).exports;
  return { bytes: new Uint8Array(memory.buffer), head: new DataView(memory.buffer, 0, 4), fold };
}

/** A module with one page of memory and `fold(end)`, which folds all places before `end`: at least one. */
function moduleCode(): Uint8Array {
  const i32 = 0x7f;
  const v128 = 0x7b;
  const locals = [2, 1, i32, 1, v128];
  const code = [...locals, ...foldCode(), 0x0b];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, i32, 0]), // types: one, (i32) -> ()
    ...section(3, [1, 0]), // functions: one of that type
    ...section(5, [1, 0, 1]), // memories: one of one page
    ...section(7, [2, ...text('fold'), 0, 0, ...text('memory'), 2, 0]), // exports
    ...section(10, [1, ...unsigned(code.length), ...code]), // code
  ]);
}

/** do { place = memory[at]; for each tap: memory[at + tap] ^= place; at += 16 } while (at < end) */
function foldCode(): number[] {
  const [end, at, place] = [0, 1, 2];
  const get = (local: number): number[] => [0x20, local];
  const set = (local: number): number[] => [0x21, local];
  const tee = (local: number): number[] => [0x22, local];
  const aligned = 4;
  const load = (offset: number): number[] => [0xfd, 0x00, aligned, ...unsigned(offset)];
  const store = (offset: number): number[] => [0xfd, 0x0b, aligned, ...unsigned(offset)];
  const xor = [0xfd, 0x51];
  const addTo = (tap: number): number[] => {
    const offset = tap * PLACE;
    return [...get(at), ...get(at), ...load(offset), ...get(place), ...xor, ...store(offset)];
  };
  const step = [...get(at), 0x41, PLACE, 0x6a, ...tee(at)]; // at += 16
  const again = [...get(end), 0x49, 0x0d, 0]; // if (at < end) goto loop
  return [0x03, 0x40, ...get(at), ...load(0), ...set(place), ...TAPS.flatMap(addTo), ...step, ...again, 0x0b];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function text(name: string): number[] {
  return [name.length, ...Array.from(name, (letter) => letter.charCodeAt(0))];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
