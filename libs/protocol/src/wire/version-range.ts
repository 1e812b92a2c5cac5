/** Version ranges as Kafka writes them: '3+', '0-12', '4'. */

/** An inclusive range of versions. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

/** Parses '3+', '0-12' or '4'. */
export function versionRange(text: string): VersionRange {
  if (text.endsWith('+')) return { min: Number(text.slice(0, -1)), max: Infinity };
  const [min, max = min] = text.split('-').map(Number);
  return { min: min as number, max: max as number };
}

/** Whether the text, if there is one, contains the version. */
export function hasVersion(text: string | undefined, version: number): boolean {
  if (text === undefined) return false;
  const { min, max } = versionRange(text);
  return version >= min && version <= max;
}
