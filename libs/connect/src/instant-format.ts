/** Patterns for instants in UTC, with the letters of Java's DateTimeFormatter: `yyyy-MM-dd`, `yyyy-MM-dd'T'HH:mm'Z'`. */

type Part = (instant: Date) => string;

const padded = (digits: number, value: number): string => String(value).padStart(digits, '0');

const letters: Readonly<Record<string, Part>> = {
  yyyy: (instant) => padded(4, instant.getUTCFullYear()),
  MM: (instant) => padded(2, instant.getUTCMonth() + 1),
  dd: (instant) => padded(2, instant.getUTCDate()),
  HH: (instant) => padded(2, instant.getUTCHours()),
  mm: (instant) => padded(2, instant.getUTCMinutes()),
  ss: (instant) => padded(2, instant.getUTCSeconds()),
  SSS: (instant) => padded(3, instant.getUTCMilliseconds()),
};

/** What a pattern may be made of, for messages. */
export const instantLetters = `${Object.keys(letters).join(', ')}, 'quoted text' and punctuation`;

/** A function from ms since the epoch to text, or undefined when the pattern is not one. */
export function instantFormat(pattern: string): ((ms: number) => string) | undefined {
  const parts: (string | Part)[] = [];
  for (const [token, quoted] of pattern.matchAll(/'([^']*)'|[A-Za-z]+|[^A-Za-z']+|'/g)) {
    const part = quoted ?? (/^[A-Za-z]/.test(token) ? letters[token] : token === "'" ? undefined : token);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return (ms) => {
    const instant = new Date(ms);
    return parts.map((part) => (typeof part === 'string' ? part : part(instant))).join('');
  };
}
