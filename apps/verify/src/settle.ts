/** Waits until everything fed is counted in every topic and row, or until nothing moves any more. */
import type { Clock } from '@millrace/base';
import type { Rows } from './cassandra-rows.ts';
import { rowFaults } from './check.ts';
import type { Expected } from './expected.ts';
import type { ResultLog } from './result-log.ts';
import type { TopicFollower } from './topic-reader.ts';

export interface SettleOptions {
  readonly follower: TopicFollower;
  readonly log: ResultLog;
  readonly expected: Expected;
  /** The tables; undefined when no connector runs. */
  rows(): Promise<Rows | undefined>;
  /** Exits that nobody asked for; there is nothing to wait for then. */
  crashes(): readonly string[];
  readonly clock: Clock;
  say(text: string): void;
}

const lookEveryMs = 2_000;
/** Longer than a session, a transaction time-out and a restart together. */
const patienceMs = 60_000;

/** Resolves either way: the checks afterwards say what is wrong. */
export async function settle({ follower, log, expected, rows, crashes, clock, say }: SettleOptions): Promise<void> {
  let movedAt = clock.monotonic();
  let before = -1;
  while (clock.monotonic() - movedAt < patienceMs && crashes().length === 0) {
    const isNew = await follower.catchUp();
    const topicFaults = log.faults(expected).length;
    const open = topicFaults > 0 ? topicFaults : rowFaults(await rows(), expected).length;
    if (open === 0) return;
    if (isNew || open !== before) movedAt = clock.monotonic();
    before = open;
    const where = topicFaults > 0 ? 'counts and rankings' : 'rows';
    say(`counted ${log.counted}/${expected.mentions} mentions; ${open} ${where} are not there yet`);
    await clock.sleep(lookEveryMs);
  }
}
