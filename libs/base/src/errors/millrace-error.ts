import { errorCatalogue, type ErrorCode } from './catalogue.ts';
import type { ErrorDefinition, Severity } from './define.ts';

type Details<C extends ErrorCode> = Parameters<(typeof errorCatalogue)[C]['message']>[0];

const brand = Symbol.for('millrace.error');

/**
 * The only error class of Millrace. Match on `code`: messages may change, codes do not.
 * `details` holds the position (topic, partition, offset, node) and what came against what was expected.
 */
export class MillraceError extends Error {
  /** Which error of the catalogue it is, such as `MR_TOPOLOGY_NAME`. Codes do not change between versions. */
  readonly code: ErrorCode;
  /** What the runtime does about it; see `Severity`. */
  readonly severity: Severity;
  /** What its reader can do, in a sentence. */
  readonly remedy: string;
  /** What the message was made of: position (topic, partition, offset, node), what came and what was expected. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, details: Readonly<Record<string, unknown>>, cause?: unknown) {
    const definition = errorCatalogue[code] as ErrorDefinition<Readonly<Record<string, unknown>>>;
    super(definition.message(details), cause === undefined ? undefined : { cause });
    this.name = 'MillraceError';
    this.code = code;
    this.severity = definition.severity;
    this.remedy = definition.remedy(details);
    this.details = details;
    Object.defineProperty(this, brand, { value: true });
  }

  /** True for errors of any copy of Millrace in the process, unlike `instanceof`. */
  static is(error: unknown): error is MillraceError {
    return typeof error === 'object' && error !== null && brand in error;
  }
}

/** Makes an error of the catalogue; the code decides which details it needs. */
export function millraceError<C extends ErrorCode>(code: C, details: Details<C>, cause?: unknown): MillraceError {
  return new MillraceError(code, details as Readonly<Record<string, unknown>>, cause);
}

/** Throws MR_INVARIANT unless the condition holds. Stays on in production; `why` says why it must hold. */
export function invariant(condition: unknown, why: string): asserts condition {
  if (!condition) throw millraceError('MR_INVARIANT', { why });
}
