import type { Header } from '@millrace/ports';
import type { Headers } from '@millrace/topology';

/** Headers of a record that a processor has at hand. What it changes is changed in a list of its own: others may hold the one it began with. */
export class RecordHeaders implements Headers {
  #list: readonly Header[] | undefined;

  constructor(list: readonly Header[] | undefined) {
    this.#list = list;
  }

  /** The headers of a record, or a copy of whatever else gives headers. */
  static from(headers: Iterable<Header> | undefined): RecordHeaders {
    if (headers instanceof RecordHeaders) return headers;
    return headers === undefined ? new RecordHeaders(undefined) : RecordHeaders.copyOf(headers);
  }

  static copyOf(headers: Iterable<Header>): RecordHeaders {
    const list = headers instanceof RecordHeaders ? headers.list : [...headers];
    return new RecordHeaders(list?.length === 0 ? undefined : list);
  }

  /** As sinks and stores take them: undefined when there are none. */
  get list(): readonly Header[] | undefined {
    return this.#list;
  }

  /** What somebody else made of them. */
  replace(list: readonly Header[] | undefined): void {
    this.#list = list;
  }

  add(key: string, value: Uint8Array | null): this {
    this.#list = [...this, { key, value: value === null ? null : Buffer.from(value) }];
    return this;
  }

  remove(key: string): this {
    const kept = [...this].filter((header) => header.key !== key);
    this.#list = kept.length === 0 ? undefined : kept;
    return this;
  }

  lastHeader(key: string): Header | undefined {
    return this.#list?.findLast((header) => header.key === key);
  }

  [Symbol.iterator](): Iterator<Header> {
    return (this.#list ?? [])[Symbol.iterator]();
  }
}
