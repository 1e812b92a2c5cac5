import type { Step } from '../golden-case.ts';

/** The fields of a step that are there. */
export function optionsOf(step: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, never> {
  const found: Record<string, unknown> = {};
  for (const name of names) if (step[name] !== undefined) found[name] = step[name];
  return found as Record<string, never>;
}

export function stringsOf(value: unknown): string[] {
  return (value as unknown[]).map(String);
}

/** Refuses fields that the DSL has no word for yet, so that a case fails where it would only seem to pass. */
export function notYet(
  step: Step | Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, never> {
  for (const name of names) {
    if (step[name] === undefined) continue;
    throw new Error(`${name} of ${String(step['op'])} is not known yet: ${JSON.stringify(step[name])}`);
  }
  return {};
}
