/** A post as it stands in the topic `posts`; `createdAt` is its event time (ms since the epoch). See schemas/avro/posts-value.avsc. */
export interface Post {
  readonly id: string;
  readonly user: string;
  readonly text: string;
  readonly lang: string | null;
  readonly createdAt: number;
}
