/** Cases recorded from Kafka Streams 4.3.1: a topology, what was fed, and everything that came of it. The language is that of the recorder's LANGUAGE.md. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** One step of a topology; its fields depend on `op`. */
export type Step = {
  readonly op: string;
  readonly in?: string;
  readonly other?: string;
  readonly out?: string;
} & Readonly<Record<string, unknown>>;

export interface RecordInput {
  readonly topic: string;
  /** Absent after a step that failed. */
  readonly keyHex?: string | null;
  readonly valueHex?: string | null;
  readonly ts: number;
  readonly headers?: readonly (readonly [name: string, valueHex: string | null])[];
}

export type CaseInput = RecordInput | { readonly advanceWallClockMs: number } | { readonly commit: true };

export interface ExpectedRecord {
  readonly step: number;
  readonly n: number;
  readonly topic?: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly ts: number | null;
  readonly partition?: number;
  readonly headers?: readonly (readonly [name: string, valueHex: string | null])[];
}

export interface ExpectedTopic {
  readonly name: string;
  readonly kind: 'repartition' | 'changelog';
  readonly subtopology: number;
  readonly created: boolean;
  readonly enforcedPartitions?: number;
  readonly config: Readonly<Record<string, string>>;
}

export interface ExpectedStore {
  readonly kind?: string;
  readonly rows?: readonly Readonly<Record<string, unknown>>[];
  readonly notRead?: unknown;
}

export interface Expected {
  readonly describe: string;
  readonly outputs: readonly ExpectedRecord[];
  readonly changelogs: Readonly<Record<string, readonly ExpectedRecord[]>>;
  readonly repartition: Readonly<Record<string, readonly ExpectedRecord[]>>;
  readonly subtopologies: readonly {
    readonly id: number;
    readonly sourceTopics: string[];
    readonly sinkTopics: string[];
  }[];
  readonly internalTopics: readonly ExpectedTopic[];
  readonly copartitionGroups: readonly (readonly string[])[];
  readonly droppedRecords: number;
  readonly stores?: Readonly<Record<string, ExpectedStore>>;
  readonly committed?: Readonly<Record<string, { readonly offset: number; readonly metadata: string }>>;
  readonly error?: { readonly phase: 'build' | 'start' | 'run'; readonly step?: number; readonly class?: string };
}

export interface GoldenCase {
  readonly name: string;
  readonly family: string;
  readonly about: string;
  readonly api?: 'processor';
  readonly config?: Readonly<Record<string, string>>;
  readonly commit?: 'manual';
  readonly topics?: Readonly<Record<string, readonly [key: string, value: string]>>;
  readonly topology: readonly Step[];
  readonly inputs: readonly CaseInput[];
  readonly expected: Expected;
}

/** The cases of a folder (or one file), by name. */
export function readCases(from: string): GoldenCase[] {
  const files = /\.json(\.gz)?$/.test(from)
    ? [from]
    : readdirSync(from)
        .filter((file) => /\.json(\.gz)?$/.test(file))
        .sort()
        .map((file) => path.join(from, file));
  return files.map((file) => {
    const bytes = readFileSync(file);
    return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as GoldenCase;
  });
}
