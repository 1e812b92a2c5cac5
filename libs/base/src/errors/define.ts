/**
 * What the runtime does about an error; severity alone decides.
 *
 * - `user`: wrong input from a person (configuration, topology, missing rights). Stop at once and say so.
 * - `retriable`: may pass. Back off and try again.
 * - `fenced`: somebody else owns the work now. Drop the tasks, rejoin the group.
 * - `corrupt`: local state cannot be trusted. Wipe it, restore from the changelog.
 * - `record`: one record cannot be handled. The exception handler decides: stop, continue, dead-letter.
 * - `bug`: an invariant of Millrace broke. Crash the thread, print position and cause.
 */
export type Severity = 'user' | 'retriable' | 'fenced' | 'corrupt' | 'record' | 'bug';

/** One entry of the catalogue: what the error says and what its reader can do about it. */
export interface ErrorDefinition<D> {
  readonly severity: Severity;
  readonly message: (details: D) => string;
  readonly remedy: (details: D) => string;
}

/** Keeps the type of the details while the entries stay plain data. */
export function define<D>(definition: ErrorDefinition<D>): ErrorDefinition<D> {
  return definition;
}
