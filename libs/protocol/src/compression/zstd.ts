/** Zstandard: Node's own where it has it (22.15 and newer); elsewhere reading only, in JavaScript. */
import type { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { millraceError } from '@millrace/base';
import { Decompress } from 'fzstd';
import { Output } from './output.ts';

interface NativeZstd {
  zstdCompressSync?(bytes: Uint8Array, options?: { params?: Record<number, number> }): Buffer;
  zstdDecompressSync?(bytes: Uint8Array, options?: { maxOutputLength?: number }): Buffer;
}

const native = zlib as unknown as NativeZstd;
/** ZSTD_c_compressionLevel. */
const LEVEL = 100;
const MAGIC = 0xfd2fb528;

/** Whether this Node can write zstd. */
export const canWriteZstd = native.zstdCompressSync !== undefined;

/** Compresses at level 1: three times the speed of the default for nearly the same size. */
export function zstdCompress(bytes: Uint8Array): Uint8Array {
  if (native.zstdCompressSync === undefined) {
    throw millraceError('MR_PROTOCOL_COMPRESSION_UNAVAILABLE', { compression: 'zstd' });
  }
  return native.zstdCompressSync(bytes, { params: { [LEVEL]: 1 } });
}

/** Decompresses frames. */
export function zstdDecompress(input: Buffer, limitBytes: number): Buffer {
  if (native.zstdDecompressSync !== undefined) return native.zstdDecompressSync(input, { maxOutputLength: limitBytes });
  const output = new Output('zstd', Math.min(limitBytes, input.length * 4), limitBytes);
  checkWindow(input, output, limitBytes);
  let isFinal = false;
  const stream = new Decompress((chunk, final) => {
    output.literal(chunk, 0, chunk.length);
    isFinal = final ?? false;
  });
  stream.push(input, true);
  if (!isFinal) output.malformed('the frame does not end');
  return output.finish();
}

/** The window is allocated before anything is read: a header that lies about it must not get that far. */
function checkWindow(input: Buffer, output: Output, limitBytes: number): void {
  if (input.length < 6 || input.readUInt32LE(0) !== MAGIC) output.malformed('no frame starts here');
  const descriptor = input[4] as number;
  if (descriptor & 0x20) return;
  const exponent = (input[5] as number) >>> 3;
  const mantissa = (input[5] as number) & 7;
  const base = 2 ** (10 + exponent);
  if (base + (base / 8) * mantissa > Math.max(limitBytes, 8 * 1024 * 1024)) output.reserve(Infinity);
}
