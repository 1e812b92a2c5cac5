/**
 * What happened, in order: a rolling hash always (two runs of a seed must give the same), the lines themselves when they are wanted.
 */
export class Trace {
  readonly #lines: string[] | undefined;
  #hash = 0x811c9dc5;

  constructor(options: { readonly keepLines: boolean }) {
    this.#lines = options.keepLines ? [] : undefined;
  }

  /** Adds an event: when, who, what. `text` is made only when lines are kept. */
  add(timeMs: number, actor: string, size: number, text: () => string): void {
    this.#mix(Math.floor(timeMs * 1_000));
    this.#mix(size);
    for (let i = 0; i < actor.length; i++) this.#mix(actor.charCodeAt(i));
    this.#lines?.push(`${timeMs.toFixed(3).padStart(11)}  ${actor.padEnd(12)} ${text()}`);
  }

  /** Mixes the content of bytes into the hash. */
  addBytes(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) this.#mix(bytes[i] as number);
  }

  /** The hash so far, as eight hexadecimal digits. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, '0');
  }

  /** The kept lines. */
  get lines(): readonly string[] {
    return this.#lines ?? [];
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x01000193);
  }
}
