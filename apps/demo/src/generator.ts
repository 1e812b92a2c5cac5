/**
 * Posts for the demo, the benches and the simulator, from a seed: hashtags by Zipf's law, one trend after another that rises and
 * falls, and posts that come late. Event time drives it, so it is as fast as its reader and the same for the same `Random`.
 */
import type { Random } from '@millrace/base';
import type { Post } from './post.ts';

export interface GeneratorOptions {
  readonly random: Random;
  /** Event time of the first post. */
  readonly startMs: number;
  /** How much event time the posts span; Infinity never ends. */
  readonly durationMs: number;
  readonly postsPerSecond: number;
  /** Number of ordinary hashtags. @default 500 */
  readonly vocabulary?: number;
  /** How long a trend takes to rise and fall. @default 300000 */
  readonly trendMs?: number;
  /** Size and grace of the windows: a post beyond both comes too late to be counted. @default 600000 and 60000 */
  readonly windowMs?: number;
  readonly graceMs?: number;
  /** Share of posts that come late by up to `lateByMs`. @default 0.01 */
  readonly lateShare?: number;
  /** @default 60000 */
  readonly lateByMs?: number;
  /** Share of posts that come later than the grace. @default 0.001 */
  readonly tooLateShare?: number;
}

const defaults = {
  vocabulary: 500,
  trendMs: 300_000,
  windowMs: 600_000,
  graceMs: 60_000,
  lateShare: 0.01,
  lateByMs: 60_000,
  tooLateShare: 0.001,
};

const subjects =
  'storm coffee music election derby sunrise traffic recipe launch garden museum comet train book film'.split(' ');
const phrases = [
  'waiting for',
  'so much',
  'nobody talks about',
  'best day for',
  'thinking of',
  'again',
  'live now',
  'who else sees',
];
const languages = ['en', 'de', 'es', 'ja', null];

/** At its height a trend has this share of the hashtags. */
const trendShare = 0.4;

/** Posts in the order of their arrival: event time rises by one step a post, apart from the late ones. */
export function* generatePosts(options: GeneratorOptions): Generator<Post, void, undefined> {
  const settings = { ...defaults, ...options };
  const { random, startMs, durationMs, postsPerSecond } = settings;
  const cumulative = zipf(settings.vocabulary);
  const count = Math.ceil((durationMs / 1_000) * postsPerSecond);
  for (let i = 0; i < count; i++) {
    const elapsedMs = Math.floor((i / postsPerSecond) * 1_000);
    yield {
      id: `${startMs}-${i}`,
      user: `user-${Math.floor(random.next() ** 2 * 1_000)}`,
      text: text(random, cumulative, elapsedMs, settings.trendMs),
      lang: languages[random.int(languages.length)] ?? null,
      createdAt: Math.max(0, startMs + elapsedMs - latenessMs(settings)),
    };
  }
}

/** The hashtag that trends in the n-th span of event time. */
function trendName(n: number): string {
  return `${subjects[n % subjects.length]}Watch${Math.floor(n / subjects.length) || ''}`;
}

function text(random: Random, cumulative: Float64Array, elapsedMs: number, trendMs: number): string {
  const phrase = phrases[random.int(phrases.length)] ?? '';
  const chance = random.next();
  const mentions = chance < 0.3 ? 0 : chance < 0.75 ? 1 : chance < 0.93 ? 2 : 3;
  let written = phrase;
  for (let i = 0; i < mentions; i++) written += ` #${hashtag(random, cumulative, elapsedMs, trendMs)}`;
  return written;
}

function hashtag(random: Random, cumulative: Float64Array, elapsedMs: number, trendMs: number): string {
  const trend = Math.floor(elapsedMs / trendMs);
  const height = Math.sin((Math.PI * (elapsedMs - trend * trendMs)) / trendMs) ** 2;
  if (random.next() < trendShare * height) return trendName(trend);
  const place = lowerBound(cumulative, random.next());
  const subject = subjects[place % subjects.length] ?? '';
  const round = Math.floor(place / subjects.length);
  // Some people write their hashtags in capitals; they count as the same.
  return (random.next() < 0.1 ? subject.toUpperCase() : subject) + (round === 0 ? '' : String(round));
}

function latenessMs(settings: typeof defaults & GeneratorOptions): number {
  const { random, windowMs, graceMs, lateByMs } = settings;
  const chance = random.next();
  if (chance < settings.tooLateShare) return windowMs + graceMs + 1_000 + random.int(windowMs);
  return chance < settings.tooLateShare + settings.lateShare ? random.int(lateByMs) + 1 : 0;
}

/** Cumulative shares of places 1, 1/2, 1/3 ... */
function zipf(places: number): Float64Array {
  const cumulative = new Float64Array(places);
  let sum = 0;
  for (let i = 0; i < places; i++) cumulative[i] = sum += 1 / (i + 1);
  return cumulative.map((value) => value / sum);
}

/** The first index whose value is at least `wanted`. */
function lowerBound(sorted: Float64Array, wanted: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 1) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
