/**
 * What counts as a hashtag: `#` and the longest run of letters, combining marks, numbers and underscores behind it, when at
 * least one of them is not a decimal digit. The `#` may not follow such a character (`a#b`) or `&` (`&#39;`).
 */
const candidates = /(?<![\p{L}\p{M}\p{N}_&])#([\p{L}\p{M}\p{N}_]+)/gu;
const notDigit = /\P{Nd}/u;

/** The hashtags of a text in the order of their occurrence, each as often as it occurs: without `#`, NFKC, lower case. */
export function hashtags(text: string): string[] {
  const found: string[] = [];
  if (!text.includes('#')) return found;
  for (const [, run] of text.matchAll(candidates)) {
    if (run !== undefined && notDigit.test(run)) found.push(run.normalize('NFKC').toLowerCase());
  }
  return found;
}
