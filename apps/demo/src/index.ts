export { MentionFold, rank, type Mentions, type Ranked } from './fold.ts';
export { generatePosts, type GeneratorOptions } from './generator.ts';
export { hashtags } from './hashtags.ts';
export { InputError, readPosts } from './input-file.ts';
export type { Post } from './post.ts';
export { postSchema, trendingSchema } from './schemas.ts';
export { trendingHashtags, type Mention, type Trending } from './topology.ts';
