/**
 * A record that is put aside, as its topic can take it: key, value and headers as they came, and headers that say what was wrong. Where that is
 * too large, what can be read again at its source goes first, and what was wrong last; a header more tells what was cut.
 */
import { Buffer } from 'node:buffer';
import type { HeaderInput } from './batch-builder.ts';

export interface DeadLetter {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** As they came with the record. */
  readonly headers: readonly HeaderInput[];
  /** What was wrong, by name; null: nothing is known, which is said too. */
  readonly reason: Readonly<Record<string, string | null>>;
  /** Before the names of reasons. */
  readonly prefix: string;
}

/** What is appended for it. */
export interface FittedLetter {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly HeaderInput[];
}

/** The header of a batch and the longest frame of a record. */
const frameBytes = 61 + 36;
/** Two lengths of a header at their longest. */
const headerFrameBytes = 10;
/** For the header that tells what was cut. */
const cutHeaderBytes = 200;
/** Texts of a reason that may be long. */
const messages = ['exception.message', 'message'];

/** The letter in a batch of at most `limitBytes`; larger only when even the reason without its texts is. */
export function fitDeadLetter(letter: DeadLetter, limitBytes: number): FittedLetter {
  const { prefix, reason } = letter;
  const whole = { ...letter, headers: [...letter.headers, ...headersOf(prefix, reason)] };
  const bytes = frameBytes + lengthOf(whole.key) + lengthOf(whole.value) + headersBytes(whole.headers);
  if (bytes <= limitBytes) return whole;
  const knife = new Knife(bytes + prefix.length + cutHeaderBytes - limitBytes);
  // In the order of what is missed least: what was wrong comes last.
  const value = knife.bytes('value', letter.value);
  const stacktrace = knife.text('stacktrace', reason['stacktrace'] ?? '');
  const headers = knife.headers(letter.headers);
  const key = knife.bytes('key', letter.key);
  const told: Record<string, string | null> = { ...reason };
  if ('stacktrace' in reason) told['stacktrace'] = stacktrace;
  for (const name of messages) if (name in reason) told[name] = knife.text(name, reason[name] ?? '');
  return { key, value, headers: [...headers, ...headersOf(prefix, { ...told, cut: knife.cuts.join(', ') })] };
}

/** Takes bytes away until nothing is too much. */
class Knife {
  /** What was taken, for people. */
  readonly cuts: string[] = [];
  #excess: number;

  constructor(excessBytes: number) {
    this.#excess = excessBytes;
  }

  bytes(name: string, bytes: Uint8Array | null): Uint8Array | null {
    const kept = lengthOf(bytes) - Math.min(Math.max(0, this.#excess), lengthOf(bytes));
    if (bytes === null || kept === bytes.length) return bytes;
    this.#excess -= bytes.length - kept;
    this.cuts.push(`${name}: ${kept} of ${bytes.length} bytes`);
    return bytes.subarray(0, kept);
  }

  text(name: string, text: string): string {
    const bytes = Buffer.from(text);
    const kept = this.bytes(name, bytes);
    return kept === bytes ? text : Buffer.from(kept ?? []).toString('utf8');
  }

  /** All of them or none: a header by half means something else. */
  headers(headers: readonly HeaderInput[]): readonly HeaderInput[] {
    if (this.#excess <= 0 || headers.length === 0) return headers;
    this.#excess -= headersBytes(headers);
    this.cuts.push(`headers: 0 of ${headers.length}`);
    return [];
  }
}

function headersOf(prefix: string, reason: Readonly<Record<string, string | null>>): HeaderInput[] {
  return Object.entries(reason).map(([name, text]) => ({
    key: `${prefix}${name}`,
    value: text === null ? null : Buffer.from(text),
  }));
}

function headersBytes(headers: readonly HeaderInput[]): number {
  return headers.reduce((sum, { key, value }) => sum + Buffer.byteLength(key) + lengthOf(value) + headerFrameBytes, 0);
}

function lengthOf(bytes: Uint8Array | null): number {
  return bytes === null ? 0 : bytes.length;
}
