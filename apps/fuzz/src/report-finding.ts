import type { CaseInput } from '@millrace/app-goldens';
import { Buffer } from 'node:buffer';
import type { Finding } from './fuzz-seed.ts';

const what = {
  cut: 'other batches, commits and slices',
  restart: 'kills and stops',
  cache: 'record caches and rarer commits',
  eviction: 'record caches that overflow',
  partitions: 'other partition counts',
} as const;

/** A finding for its reader: what differs, the smallest case, and the command that shows it again. */
export function reportFinding({ seed, family, change, same, pair, golden, differences }: Finding): string {
  return [
    `seed ${seed} (${family}) FAILED: ${same} must be the same under ${what[change]}`,
    ...differences.slice(0, 4).map((difference) => `  ${difference}`),
    '  topology:',
    ...golden.topology.map((step) => `    ${JSON.stringify(step)}`),
    `  inputs: ${golden.inputs.map(inputText).join(' ')}`,
    `  plain: ${JSON.stringify(pair.plain)}`,
    `  drawn: ${JSON.stringify(pair.drawn)}`,
    `  again: npm run fuzz -- --seed ${seed}`,
  ].join('\n');
}

function inputText(input: CaseInput): string {
  if (!('topic' in input)) return JSON.stringify(input);
  const text = (hex: string | null | undefined): string =>
    hex === null || hex === undefined ? 'null' : Buffer.from(hex, 'hex').toString();
  return `${input.topic}:${text(input.keyHex)}=${text(input.valueHex)}@${input.ts}`;
}
