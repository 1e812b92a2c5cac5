/**
 * The batch fold: what the topology must have counted once it has read these posts, by plain loops over maps.
 * It shares nothing with the runtime but the definition of a hashtag, so it can bear witness against it.
 * Call order: `add` for every post in the order of feeding, then the results.
 */
import { hashtags } from './hashtags.ts';
import type { Post } from './post.ts';

/** Mentions by hashtag. */
export type Mentions = ReadonlyMap<string, number>;

/** One place of a ranking. */
export interface Ranked {
  readonly hashtag: string;
  readonly mentions: number;
}

const dayMs = 86_400_000;

/** The largest mentions first, ties by hashtag (UTF-16 order, as JavaScript compares strings). */
export function rank(mentions: Mentions, places: number): Ranked[] {
  return [...mentions]
    .map(([hashtag, count]) => ({ hashtag, mentions: count }))
    .sort((a, b) => b.mentions - a.mentions || (a.hashtag < b.hashtag ? -1 : 1))
    .slice(0, places);
}

export class MentionFold {
  readonly #windowMs: number;
  readonly #graceMs: number;
  readonly #windows = new Map<number, Map<string, number>>();
  readonly #days = new Map<number, Map<string, number>>();
  readonly #all = new Map<string, number>();
  #streamTime = -1;

  /** Posts added. */
  posts = 0;
  /** Hashtags in them, each occurrence counted. */
  mentions = 0;
  /** Mentions whose window had ended in event time, but that came within the grace: counted. */
  late = 0;
  /**
   * Mentions past the grace: in the all-time counts, not in those of their window. `late` and `dropped` follow the order of `add`,
   * so they are exact where one partition carries everything; with more, the order in which tasks read decides.
   */
  dropped = 0;

  /** Without a grace nothing is dropped. */
  constructor(options: { readonly windowMs?: number; readonly graceMs?: number } = {}) {
    this.#windowMs = options.windowMs ?? 600_000;
    this.#graceMs = options.graceMs ?? Infinity;
  }

  add(post: Post): void {
    this.posts++;
    for (const hashtag of hashtags(post.text)) this.addMention(hashtag, post.createdAt);
  }

  /** Counts one mention at its event time. */
  addMention(hashtag: string, timestamp: number): void {
    this.mentions++;
    this.#streamTime = Math.max(this.#streamTime, timestamp);
    increment(this.#all, hashtag);
    if (this.#count(this.#windows, this.#windowMs, hashtag, timestamp)) {
      if (this.#hasEnded(timestamp, this.#windowMs, 0)) this.late++;
    } else {
      this.dropped++;
    }
    this.#count(this.#days, dayMs, hashtag, timestamp);
  }

  /** Window start -> mentions by hashtag. */
  get windows(): ReadonlyMap<number, Mentions> {
    return this.#windows;
  }

  /** Start of the UTC day -> mentions by hashtag. */
  get days(): ReadonlyMap<number, Mentions> {
    return this.#days;
  }

  get all(): Mentions {
    return this.#all;
  }

  /** The ten hashtags with most mentions of a window, ties by hashtag. */
  top(windowStart: number): Ranked[] {
    return rank(this.#windows.get(windowStart) ?? new Map(), 10);
  }

  #count(windows: Map<number, Map<string, number>>, sizeMs: number, hashtag: string, timestamp: number): boolean {
    if (this.#hasEnded(timestamp, sizeMs, this.#graceMs)) return false;
    const start = timestamp - (timestamp % sizeMs);
    let mentions = windows.get(start);
    if (mentions === undefined) windows.set(start, (mentions = new Map<string, number>()));
    increment(mentions, hashtag);
    return true;
  }

  #hasEnded(timestamp: number, sizeMs: number, graceMs: number): boolean {
    return timestamp - (timestamp % sizeMs) + sizeMs <= this.#streamTime - graceMs;
  }
}

function increment(mentions: Map<string, number>, hashtag: string): void {
  mentions.set(hashtag, (mentions.get(hashtag) ?? 0) + 1);
}
