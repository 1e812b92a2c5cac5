/**
 * Trending hashtags, as a user of Millrace writes it: mentions of each hashtag in 10-minute windows, by UTC day and over all time,
 * and the ten most mentioned of each window. Every result has its own topic.
 *
 *   posts ─▶ hashtags ─▶ by-hashtag ─┬▶ mentions-10m ─┬▶ hashtag-mentions-10m
 *                                    │                └▶ by-window ─▶ trending ─▶ trending-hashtags
 *                                    ├▶ mentions-day ──▶ hashtag-mentions-day
 *                                    └▶ mentions-all ──▶ hashtag-mentions-all
 */
import { Serdes, StreamsBuilder, TimeWindows, avro, json, type Duration, type Program } from 'millrace';
import { hashtags } from './hashtags.ts';
import type { Post } from './post.ts';
import { postSchema, trendingSchema } from './schemas.ts';

/** A hashtag and how often a window has it so far. */
export interface Mention {
  readonly hashtag: string;
  readonly mentions: number;
}

/** The ten most mentioned hashtags of one window. */
export interface Trending {
  readonly windowStart: number;
  readonly entries: readonly Mention[];
}

const places = 10;

export interface TrendingOptions {
  /** Posts may come late by it; those past it are dropped from the windows and counted in a metric. @default '1m' */
  readonly grace?: Duration;
  /** Put before the names of all topics, so that several copies of the job can live on one cluster. */
  readonly topicPrefix?: string;
}

export function trendingHashtags({ grace = '1m', topicPrefix = '' }: TrendingOptions = {}): Program {
  const builder = new StreamsBuilder();
  const mentions = builder
    .stream(`${topicPrefix}posts`, {
      key: Serdes.string(),
      value: avro<Post>({ schema: postSchema }),
      timestamp: (post: Post) => post.createdAt,
    })
    .flatMapValues((post) => hashtags(post.text))
    .groupBy((_user, hashtag) => hashtag, { name: 'by-hashtag', key: Serdes.string(), value: Serdes.string() });

  const perWindow = mentions
    .windowedBy(TimeWindows.ofSizeAndGrace('10m', grace))
    .count({ name: 'mentions-10m' })
    .toStream();
  perWindow.to(`${topicPrefix}hashtag-mentions-10m`);

  mentions
    .windowedBy(TimeWindows.ofSizeAndGrace('1d', grace))
    .count({ name: 'mentions-day' })
    .toStream()
    .to(`${topicPrefix}hashtag-mentions-day`);

  mentions.count({ name: 'mentions-all' }).toStream().to(`${topicPrefix}hashtag-mentions-all`);

  perWindow
    .map(({ key, window }, count): [number, Mention] => [window.start, { hashtag: key, mentions: count }])
    .groupByKey({ name: 'by-window', key: Serdes.long(), value: json<Mention>() })
    .aggregate<Trending>(
      () => ({ windowStart: 0, entries: [] }),
      (windowStart, mention, { entries }) => ({ windowStart, entries: ranked(entries, mention) }),
      {
        name: 'trending',
        value: avro<Trending>({ schema: trendingSchema }),
      },
    )
    .toStream()
    .to(`${topicPrefix}trending-hashtags`);

  return builder.build();
}

/**
 * The ranking with one hashtag's newer count: most mentions first, ties by hashtag, ten places. Counts of a window only grow, so a
 * hashtag that fell out comes back with the count that brings it back, and ten places are all that need to be kept.
 */
export function ranked(entries: readonly Mention[], newer: Mention): readonly Mention[] {
  const others = entries.filter(({ hashtag }) => hashtag !== newer.hashtag);
  const at = others.findIndex((other) => comesBefore(newer, other));
  return others.toSpliced(at < 0 ? others.length : at, 0, newer).slice(0, places);
}

function comesBefore(a: Mention, b: Mention): boolean {
  return a.mentions > b.mentions || (a.mentions === b.mentions && a.hashtag < b.hashtag);
}
