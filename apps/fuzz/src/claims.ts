/** What of a case must not depend on the conditions it runs under; where it may, the reason. */

/** How much is the same. */
export type Same =
  /** All records of all topics in their order. */
  | 'sequences'
  /** The records of each key, in the topics of users. */
  | 'keySequences'
  /** The records in the topics of users, in any order. */
  | 'sets'
  /** The last value of each key, with its time, and the rows of the stores that have not expired. */
  | 'contents'
  /** The last value of each key; nothing is as good as an empty one. */
  | 'values';

/** Why it may be another result. */
export interface Depends {
  readonly dependsBecause: string;
}

export type Claim = Same | Depends;

/** Claims by what is changed. */
export interface Claims {
  /** Other batches, commits and slices, all sub-topologies in one task or each in its own, less memory for rows; no record caches. */
  readonly cut: Claim;
  /** Kills, lost disks and clean stops, where no later record is older than one before. */
  readonly restart: Claim;
  /** Record caches with room for all, commits as rare as may be; measured against a commit for each input. */
  readonly cache: Claim;
  /** Record caches that are full now and then. @default as `cache` */
  readonly eviction?: Claim;
  /** More partitions; no record caches. */
  readonly partitions: Claim;
}

export type Change = keyof Claims;
