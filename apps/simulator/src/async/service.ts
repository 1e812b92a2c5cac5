/** What the asynchronous steps call: it takes its time, fails at times, sometimes never answers, and answers some questions never at all. */
import type { Clock, Random } from '@millrace/base';
import type { AsyncCall } from '@millrace/topology';

/** How the steps go about it. Four attempts and their pauses are within what the shortest transaction of a plan leaves a commit. */
export const patience = { attempts: 4, timeout: 60, backoff: 10, maxBackoff: 40 } as const;

/** Asks the service; rejects when it fails. */
export type Ask = (question: string, call: Pick<AsyncCall, 'attempt' | 'signal'>) => Promise<string>;

/** How often what has happened, so that a test can tell that it has. */
export interface Tally {
  calls: number;
  failures: number;
  /** Calls that outlast their time. */
  silent: number;
  refused: number;
}

/** Questions that fail however often they are asked. */
export const isHopeless = (question: string): boolean => question.includes('?');

export function service({ clock, random }: { readonly clock: Clock; readonly random: Random }, tally: Tally): Ask {
  return async (question, { attempt, signal }) => {
    tally.calls++;
    const chance = random.next();
    // The last attempt goes well: what fails for good is drawn with the input.
    const isLast = attempt === patience.attempts;
    if (chance < 0.04 && !isLast) {
      tally.silent++;
      return new Promise(() => undefined);
    }
    await clock.sleep(1 + random.int(40), signal);
    if (isHopeless(question)) {
      tally.refused++;
      throw new Error(`no answer to ${question}`);
    }
    if (chance < 0.2 && !isLast) {
      tally.failures++;
      throw new Error('not this time');
    }
    return `${question}!`;
  };
}
