/**
 * What the results must be, by a fold of its own: no import of the runtime, of the topology or of the demo's fold, so that a mistake there
 * cannot hide here. Posts are fed in any order; nothing is dropped (the verification runs with a grace as wide as its input).
 */

/** The fields of a post that matter for counting. */
export interface CountedPost {
  readonly text: string;
  readonly createdAt: number;
}

/** One count: of a hashtag in an interval (`ALL`, `2015-02-17`, `2015-02-17T10:10Z`). */
export interface Expected {
  /** `hashtag␟interval` -> mentions. */
  readonly counts: ReadonlyMap<string, number>;
  /** Window start (ms) -> ranking. */
  readonly trending: ReadonlyMap<number, readonly { readonly hashtag: string; readonly mentions: number }[]>;
  readonly posts: number;
  readonly mentions: number;
}

export const separator = '\u241f';
const windowMs = 10 * 60_000;
const wordCharacter = /[\p{L}\p{M}\p{N}_]/u;

/** Hashtags by a scan over characters: the definition once more, in other words than the product's. */
export function scanHashtags(text: string): string[] {
  const characters = [...text];
  const found: string[] = [];
  for (let i = 0; i < characters.length; i++) {
    if (characters[i] !== '#') continue;
    const before = i === 0 ? '' : (characters[i - 1] ?? '');
    if (before === '&' || wordCharacter.test(before)) continue;
    let end = i + 1;
    while (end < characters.length && wordCharacter.test(characters[end] ?? '')) end++;
    const word = characters.slice(i + 1, end);
    if (word.some((character) => !/\p{Nd}/u.test(character))) found.push(word.join('').normalize('NFKC').toLowerCase());
  }
  return found;
}

/** Folds posts one by one; `result` may be asked for at any time. */
export class ExpectedFold {
  readonly #counts = new Map<string, number>();
  readonly #windows = new Map<number, Map<string, number>>();
  #posts = 0;
  #mentions = 0;

  add(post: CountedPost): void {
    this.#posts++;
    const minute = new Date(Math.floor(post.createdAt / windowMs) * windowMs);
    const iso = minute.toISOString();
    for (const hashtag of scanHashtags(post.text)) {
      this.#mentions++;
      for (const interval of ['ALL', iso.slice(0, 10), `${iso.slice(0, 16)}Z`])
        this.#increment(`${hashtag}${separator}${interval}`);
      const window = this.#windows.get(minute.getTime()) ?? new Map<string, number>();
      this.#windows.set(minute.getTime(), window.set(hashtag, (window.get(hashtag) ?? 0) + 1));
    }
  }

  result(): Expected {
    const trending = new Map(
      [...this.#windows].map(([start, window]) => {
        const ranking = [...window].map(([hashtag, mentions]) => ({ hashtag, mentions }));
        ranking.sort((a, b) =>
          a.mentions === b.mentions ? (a.hashtag < b.hashtag ? -1 : 1) : b.mentions - a.mentions,
        );
        return [start, ranking.slice(0, 10)] as const;
      }),
    );
    return { counts: this.#counts, trending, posts: this.#posts, mentions: this.#mentions };
  }

  #increment(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }
}
