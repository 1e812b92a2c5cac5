/**
 * How often something happened a second, as Kafka's clients measure it: over the last two samples of 30 s. Before the first is full it is taken as full,
 * so that a start is no peak.
 */

const sampleMs = 30_000;

interface Sample {
  startMs: number;
  count: number;
}

export class SampledRate {
  /** The last one is being filled. */
  readonly #samples: Sample[] = [];

  /** Something has happened `count` times. */
  record(count: number, nowMs: number): void {
    let last = this.#samples.at(-1);
    if (last === undefined || nowMs - last.startMs >= sampleMs) {
      last = { startMs: nowMs, count: 0 };
      this.#samples.push(last);
      if (this.#samples.length > 2) this.#samples.shift();
    }
    last.count += count;
  }

  /** Times a second. */
  perSecond(nowMs: number): number {
    const live = this.#samples.filter(({ startMs }) => nowMs - startMs < 2 * sampleMs);
    const [first] = live;
    if (first === undefined) return 0;
    const elapsedMs = nowMs - first.startMs;
    const measuredMs = elapsedMs < sampleMs ? elapsedMs + sampleMs : elapsedMs;
    return live.reduce((sum, { count }) => sum + count, 0) / (measuredMs / 1_000);
  }
}
