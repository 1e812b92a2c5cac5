import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { ApiName } from '@millrace/protocol';
import type { GoldenBatches } from './wire-batches.ts';
import type { GoldenMessage } from './wire-messages.ts';

/** What kafka-clients 4.3.1 writes: messages in each version, and record batches. */
export interface WireGoldens {
  readonly apis: readonly {
    readonly api: ApiName;
    readonly key: number;
    readonly lowest: number;
    readonly highest: number;
  }[];
  readonly messages: readonly GoldenMessage[];
  readonly recordBatches: readonly GoldenBatches[];
}

const big = 'bigint:';

/** JSON.parse would round int64 values: those with 16 digits and more pass as text. */
export function readWireGoldens(file: string | URL): WireGoldens {
  const bytes = readFileSync(file);
  const text = (bytes[0] === 0x1f ? gunzipSync(bytes) : bytes).toString();
  return JSON.parse(text.replace(/([:[,]\s*)(-?\d{16,})(?=\s*[,\]}])/g, `$1"${big}$2"`), (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(big) ? exact(value.slice(big.length)) : value,
  ) as WireGoldens;
}

function exact(digits: string): number | bigint {
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : BigInt(digits);
}
