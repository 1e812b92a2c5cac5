/** Lists with the bytes of Kafka's ListSerializer (KIP-466): elements of one size stand side by side, others behind their lengths. */
import { millraceError } from '@millrace/base';
import type { Serde } from './serde.ts';

const constantSize = 0;
const variableSize = 1;
const nullLength = -1;

/** A list of what another serde writes; elements may be null. */
export function list<T>(inner: Serde<T>): Serde<readonly (T | null)[]> {
  const { sizeBytes, open, prepare } = inner;
  return {
    name: `list(${inner.name})`,
    serialize: (topic, values) => {
      const items = values.map((value) => (value === null ? null : Buffer.from(inner.serialize(topic, value))));
      return sizeBytes === undefined ? withLengths(items) : sideBySide(items);
    },
    deserialize: (topic, bytes) => {
      return itemsOf(topic, bytes).map((item) => (item === null ? null : inner.deserialize(topic, item)));
    },
    ...(open === undefined ? {} : { open: (use) => open.call(inner, use) }),
    ...(prepare === undefined
      ? {}
      : {
          prepare: (topic, bytes) => {
            const waits = readable(topic, bytes).flatMap((item) => prepare.call(inner, topic, item) ?? []);
            return waits.length === 0 ? undefined : Promise.all(waits).then(() => undefined);
          },
        }),
  };

  function itemsOf(topic: string, bytes: Buffer): (Buffer | null)[] {
    const refuse = (problem: string): never => {
      throw millraceError('MR_SERDE_UNREADABLE', { serde: `list(${inner.name})`, topic, problem });
    };
    return new ListReader(bytes, refuse).items(sizeBytes);
  }

  /** None of bytes that are no list: `deserialize` tells of them. */
  function readable(topic: string, bytes: Buffer): readonly Buffer[] {
    try {
      return itemsOf(topic, bytes).filter((item) => item !== null);
    } catch {
      return [];
    }
  }
}

function withLengths(items: readonly (Buffer | null)[]): Buffer {
  const parts = items.flatMap((item) => (item === null ? [int32(nullLength)] : [int32(item.length), item]));
  return Buffer.concat([Buffer.of(variableSize), int32(items.length), ...parts]);
}

/** Nulls take no room: where they are is said in front. */
function sideBySide(items: readonly (Buffer | null)[]): Buffer {
  const nulls = items.flatMap((item, i) => (item === null ? [int32(i)] : []));
  const there = items.filter((item) => item !== null);
  return Buffer.concat([Buffer.of(constantSize), int32(nulls.length), ...nulls, int32(items.length), ...there]);
}

class ListReader {
  readonly #bytes: Buffer;
  readonly #refuse: (problem: string) => never;
  #at = 0;

  constructor(bytes: Buffer, refuse: (problem: string) => never) {
    this.#bytes = bytes;
    this.#refuse = refuse;
  }

  items(sizeBytes: number | undefined): (Buffer | null)[] {
    const strategy = this.#take(1)[0];
    if (strategy !== constantSize && strategy !== variableSize) this.#refuse(`strategy ${strategy}`);
    if (strategy === constantSize && sizeBytes === undefined) this.#refuse('elements of one size');
    const nulls = new Set<number>();
    if (strategy === constantSize) for (let left = this.#count(4); left > 0; left--) nulls.add(this.#int32());
    const items: (Buffer | null)[] = [];
    for (let left = this.#count(strategy === variableSize ? 4 : 0); left > 0; left--) {
      const length = strategy === variableSize ? this.#int32() : (sizeBytes ?? 0);
      items.push(length === nullLength || nulls.has(items.length) ? null : this.#take(length));
    }
    return items;
  }

  /** A number of things of at least `bytesEach`: more than there is room for is refused before anything is made for them. */
  #count(bytesEach: number): number {
    const count = this.#int32();
    if (count < 0 || count * bytesEach > this.#bytes.length || count > 8 * this.#bytes.length)
      this.#refuse(`${count} elements in ${this.#bytes.length} bytes`);
    return count;
  }

  #int32(): number {
    return this.#take(4).readInt32BE(0);
  }

  #take(length: number): Buffer {
    const from = this.#at;
    this.#at += length;
    if (length < 0 || this.#at > this.#bytes.length) this.#refuse('it ends too early');
    return this.#bytes.subarray(from, this.#at);
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}
