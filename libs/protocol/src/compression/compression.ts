/** Kafka's compressions by name and number. Inflating stops at a limit: a small batch must not fill the memory. */
import type { Buffer } from 'node:buffer';
import zlib from 'node:zlib';
import { MillraceError, millraceError } from '@millrace/base';
import { lz4Compress, lz4Decompress } from './lz4.ts';
import { snappyCompress, snappyDecompress } from './snappy.ts';
import { zstdCompress, zstdDecompress } from './zstd.ts';

/** Kafka's names. */
export type CompressionName = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Numbers as in the attributes of a batch. */
export const compressionCodes: Readonly<Record<CompressionName, number>> = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
};

/** Names by number. */
export const compressionNames: readonly CompressionName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];

/** What a batch may inflate to unless the caller says otherwise. */
export const DEFAULT_MAX_INFLATED_BYTES = 64 * 1024 * 1024;

/** Compresses the records of a batch. */
export function deflate(compression: CompressionName, bytes: Uint8Array): Uint8Array {
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return zlib.gzipSync(bytes);
    case 'snappy':
      return snappyCompress(bytes);
    case 'lz4':
      return lz4Compress(bytes);
    case 'zstd':
      return zstdCompress(bytes);
  }
}

/** Inflates the records of a batch to at most `limitBytes`. */
export function inflate(code: number, bytes: Buffer, limitBytes: number = DEFAULT_MAX_INFLATED_BYTES): Buffer {
  const compression = compressionNames[code];
  if (compression === undefined) throw millraceError('MR_PROTOCOL_COMPRESSION_UNKNOWN', { compression: code });
  try {
    return inflateNamed(compression, bytes, limitBytes);
  } catch (cause) {
    if (MillraceError.is(cause)) throw cause;
    if ((cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw millraceError('MR_PROTOCOL_INFLATED_TOO_LARGE', { compression, limitBytes }, cause);
    }
    throw millraceError(
      'MR_PROTOCOL_MALFORMED',
      { what: `A ${compression} batch`, position: 0, why: String(cause) },
      cause,
    );
  }
}

function inflateNamed(compression: CompressionName, bytes: Buffer, limitBytes: number): Buffer {
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return zlib.gunzipSync(bytes, { maxOutputLength: limitBytes });
    case 'snappy':
      return snappyDecompress(bytes, limitBytes);
    case 'lz4':
      return lz4Decompress(bytes, limitBytes);
    case 'zstd':
      return zstdDecompress(bytes, limitBytes);
  }
}
