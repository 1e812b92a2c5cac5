/**
 * Who decides what happens to a record that cannot be read, processed or written: names of the built-in handlers, or functions of the user (JVM:
 * DeserializationExceptionHandler, ProcessingExceptionHandler, ProductionExceptionHandler; KIP-1033, KIP-1034). Asked on the task's own turn: they must not
 * wait for anything.
 */
import { millraceError } from '@millrace/base';
import type { Header } from '@millrace/ports';
import type { RecordMetadata } from '@millrace/topology';

/**
 * - `RESUME` (once called CONTINUE): the record is dropped and counted.
 * - `FAIL`: the application stops at this record.
 * - `RETRY`: what is not committed is done again after a pause; of production only.
 */
export type ExceptionResponse = 'RESUME' | 'CONTINUE' | 'FAIL' | 'RETRY';

/** A record that a handler puts aside. */
export interface DeadLetterRecord {
  /** It must exist. */
  readonly topic: string;
  /** Counted from 0. @default that of the key; without a key that of the record that failed, if the topic has it */
  readonly partition?: number;
  /** Null: the record has none. */
  readonly key: Uint8Array | null;
  /** Null: a tombstone. */
  readonly value: Uint8Array | null;
  /** ms. @default that of the record that failed */
  readonly timestamp?: number;
  /** In their order. @default none */
  readonly headers?: readonly Header[];
}

/** What a handler answers: a response, or one with records that go out with the same commit. */
export type ExceptionAnswer =
  ExceptionResponse | { readonly response: ExceptionResponse; readonly deadLetters?: readonly DeadLetterRecord[] };

/** Where something failed, and the input record that it all began with (JVM: ErrorHandlerContext). In a punctuation there is none. */
export interface ErrorContext extends RecordMetadata {
  /** For instance `0_3`. */
  readonly taskId: string;
  /** The node that failed, as `describe` calls it. */
  readonly node: string;
  /** ms; of a punctuation its time. */
  readonly timestamp: number;
  /** Of the input record. */
  readonly headers: readonly Header[];
  /** Bytes of the input record's key. */
  readonly sourceRawKey: Uint8Array | null;
  /** Bytes of the input record's value. */
  readonly sourceRawValue: Uint8Array | null;
}

/** A record as it lies in Kafka. */
export interface RawRecord {
  /** Where it lies. */
  readonly topic: string;
  /** Counted from 0. */
  readonly partition: number;
  /** Its place in the partition. */
  readonly offset: number;
  /** Null: the record has none. */
  readonly key: Uint8Array | null;
  /** Null: a tombstone. */
  readonly value: Uint8Array | null;
  /** ms */
  readonly timestamp: number;
  /** In their order. */
  readonly headers: readonly Header[];
}

/** A record as a node was given it. */
export interface FailedRecord {
  /** Null: it has none. */
  readonly key: unknown;
  /** Of a table the new value of its row. */
  readonly value: unknown;
  /** Event time, ms. */
  readonly timestamp: number;
}

/** A record that could not be written. */
export interface UnsentRecord {
  /** Where it was to go. */
  readonly topic: string;
  /** Bytes where the record was refused, else as it was given to the sink. */
  readonly key: unknown;
  /** Bytes where the record was refused, else as it was given to the sink. */
  readonly value: unknown;
  /** Event time, ms. */
  readonly timestamp: number;
  /** In their order. */
  readonly headers: readonly Header[];
}

/** Decides about a record that cannot be read. */
export type DeserializationExceptionHandler = (
  context: ErrorContext,
  record: RawRecord,
  error: unknown,
) => ExceptionAnswer;

/** Decides about a record that a node has failed on; null in a punctuation. */
export type ProcessingExceptionHandler = (
  context: ErrorContext,
  record: FailedRecord | null,
  error: unknown,
) => ExceptionAnswer;

/** Decides about a record that cannot be written. `origin` says what could not be serialized; null: the record was refused. */
export type ProductionExceptionHandler = (
  context: ErrorContext,
  record: UnsentRecord,
  error: unknown,
  origin: 'KEY' | 'VALUE' | null,
) => ExceptionAnswer;

/** What happens to a record that cannot be read. `dead-letter` is `log-and-continue` that insists on a dead-letter topic. */
export type DeserializationHandler = 'fail' | 'log-and-continue' | 'dead-letter' | DeserializationExceptionHandler;

/** What happens to a record whose processing fails: the application stops, or the record is passed over where it failed (KIP-1033). */
export type ProcessingHandler = 'fail' | 'log-and-continue' | ProcessingExceptionHandler;

/** What happens to a record that cannot be written. `default` retries what may pass and fails otherwise (JVM: DefaultProductionExceptionHandler). */
export type ProductionHandler = 'default' | 'log-and-continue' | ProductionExceptionHandler;

/** An answer in one form. */
export interface Decision {
  readonly response: 'RESUME' | 'FAIL' | 'RETRY';
  /** Undefined: the handler is a built-in one, which puts the input record aside where there is a topic for it. */
  readonly deadLetters: readonly DeadLetterRecord[] | undefined;
}

const responses: Readonly<Record<string, Decision['response']>> = {
  RESUME: 'RESUME',
  CONTINUE: 'RESUME',
  FAIL: 'FAIL',
  RETRY: 'RETRY',
};

/** Asks a handler. Throws MR_RUNTIME_HANDLER for one that fails itself or gives no answer. */
export function decide(setting: string, ask: string | (() => ExceptionAnswer)): Decision {
  if (typeof ask === 'string')
    return { response: ask === 'fail' || ask === 'default' ? 'FAIL' : 'RESUME', deadLetters: undefined };
  let answer: ExceptionAnswer;
  try {
    answer = ask();
  } catch (thrown) {
    const problem = thrown instanceof Error ? thrown.message : String(thrown);
    throw millraceError('MR_RUNTIME_HANDLER', { setting, problem }, thrown);
  }
  const { response: given, deadLetters = [] } = typeof answer === 'object' ? (answer ?? {}) : { response: answer };
  const response = responses[String(given)];
  if (response === undefined || (response === 'RETRY' && setting !== 'production.exception.handler'))
    throw millraceError('MR_RUNTIME_HANDLER', { setting, problem: `it answered ${String(given)}` });
  return { response, deadLetters };
}
