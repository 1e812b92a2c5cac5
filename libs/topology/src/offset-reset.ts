/**
 * Where a source begins whose partition has no committed offset. `none`: nowhere, that is an error. `byDurationMs`: with the first record that is no older
 * than this at the time (KIP-1106), and at the end where there is none.
 */
export type OffsetReset = 'earliest' | 'latest' | 'none' | { readonly byDurationMs: number };

const isoDuration = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?$/i;

/** Milliseconds of an ISO 8601 duration of days and smaller units, as Java writes them (`PT1H30M`); undefined for another text. */
export function isoDurationMs(text: string): number | undefined {
  const match = isoDuration.exec(text.trim());
  if (match === null || /^P$|T$/i.test(text.trim())) return undefined;
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000);
}
