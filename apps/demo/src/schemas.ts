import { readFileSync } from 'node:fs';

/** The Avro schemas of the demo's topics; `schemas/avro` at the root of the repository is their source of truth. */
export const postSchema = schema('posts-value');
export const trendingSchema = schema('trending-hashtags-value');

function schema(name: string): string {
  return readFileSync(new URL(`../../../schemas/avro/${name}.avsc`, import.meta.url), 'utf8');
}
