/** A case of what Kafka Streams 4.3.1 did with a topology and some records, run through our DSL and tasks. */
import type { Program } from '@millrace/topology';
import { readFileSync } from 'node:fs';
import { programOf, type Step } from './golden-program.ts';
import type { HexHeader, Written } from './task-harness.ts';

export type GoldenInput =
  | {
      readonly topic: string;
      readonly keyHex: string | null;
      readonly valueHex: string | null;
      readonly ts: number;
      readonly headers?: readonly HexHeader[];
    }
  | { readonly advanceWallClockMs: number }
  | { readonly commit: true };

/** A record that was written, and the input that caused it. Its key is in hex. */
export interface GoldenRecord extends Omit<Written, 'key'> {
  readonly step: number;
  readonly key: string | null;
}

export interface Golden {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
  readonly manualCommit: boolean;
  readonly topology: readonly Step[];
  readonly inputs: readonly GoldenInput[];
  readonly written: readonly GoldenRecord[];
  readonly dropped: number;
}

/** The cases of a file beside this one. */
export function readGoldens<G extends Golden>(file: string): readonly G[] {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as readonly G[];
}

export function goldenProgram({ topology, config }: Golden): Program {
  const program = programOf(topology);
  return config['statestore.cache.max.bytes'] === '0' ? uncached(program) : program;
}

function uncached(program: Program): Program {
  const stores = program.topology.stores.map((store) => ({ ...store, caching: false }));
  return { ...program, topology: { ...program.topology, stores } };
}

export const hexBytes = (hex: string | null): Buffer | null => (hex === null ? null : Buffer.from(hex, 'hex'));

export function goldenRecord(step: number, { key, ...rest }: Written): GoldenRecord {
  return { ...rest, step, key: Buffer.from(key, 'latin1').toString('hex') };
}
