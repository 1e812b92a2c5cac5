/** `auto.offset.reset` as text: the words of Kafka, and `by_duration:` with an ISO 8601 duration (KIP-1106) or one of ours. */
import { durationMs } from '@millrace/base';
import { isoDurationMs, type OffsetReset } from '@millrace/topology';
import type { Kind } from './setting.ts';

const words = ['earliest', 'latest', 'none'] as const;
const prefix = 'by_duration:';

export const offsetReset: Kind<OffsetReset> = {
  expected: 'earliest, latest, none, or by_duration: with a duration, such as by_duration:PT24H',
  read: (raw) => {
    if (typeof raw !== 'string') return isByDuration(raw) ? raw : undefined;
    const text = raw.toLowerCase();
    if (!text.startsWith(prefix)) return words.find((word) => word === text);
    const ms = durationOf(text.slice(prefix.length));
    return ms === undefined ? undefined : { byDurationMs: ms };
  },
};

function durationOf(text: string): number | undefined {
  const ms = isoDurationMs(text);
  if (ms !== undefined) return ms;
  try {
    return durationMs(text);
  } catch {
    return undefined;
  }
}

function isByDuration(raw: unknown): raw is { readonly byDurationMs: number } {
  const ms = typeof raw === 'object' && raw !== null ? (raw as { byDurationMs?: unknown }).byDurationMs : undefined;
  return Number.isSafeInteger(ms) && (ms as number) >= 0;
}
