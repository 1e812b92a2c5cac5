import { seededRandom, type Random } from '@millrace/base';

/**
 * Independent random sequences of one seed, by name. Every part of a simulation draws from its own, so that taking away one fault
 * does not change what the others meet: without that no failing plan can be made smaller.
 */
export class RandomStreams {
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** A fresh generator at the start of the named sequence. */
  stream(name: string): Random {
    return seededRandom(hash32(`${this.#seed}/${name}`));
  }
}

/** FNV-1a over UTF-16 units, with a final mix. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}
