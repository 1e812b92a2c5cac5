/**
 * What a task does about records that cannot be read, processed or written: asks the handler, then drops and counts the record, puts it aside, or stops.
 * Only the record's own fault is a handler's business: a registry that is away, a fence or a bug must never cost a good record.
 */
import { MillraceError, millraceError, type Logger } from '@millrace/base';
import type { FetchedBatch } from '@millrace/ports';
import { partitionForKey } from '@millrace/protocol';
import type { RecordContext } from '@millrace/state';
import { putAside, type DeadLetterTopic } from './dead-letter.ts';
import {
  decide,
  type Decision,
  type DeadLetterRecord,
  type DeserializationHandler,
  type ErrorContext,
  type FailedRecord,
  type ProcessingHandler,
  type ProductionHandler,
  type UnsentRecord,
} from './exception-handlers.ts';
import type { InputQueue } from './input-queue.ts';
import type { RecordCollector } from './stream-task.ts';
import type { TaskMetrics } from './task-metrics.ts';

/** An input record: the head of a queue, or one that has left it. */
export type InputRecord = Pick<InputQueue, 'topic' | 'partition' | 'batch' | 'index'>;

/** Who is asked; and where records go that a built-in handler passes over, null: they are only counted. */
export interface ExceptionHandlers {
  readonly deserializationHandler?: DeserializationHandler;
  /** @default 'fail' */
  readonly processingHandler?: ProcessingHandler;
  /** @default 'default' */
  readonly productionHandler?: ProductionHandler;
  readonly deadLetters?: DeadLetterTopic | null;
  /** Of global stores, which write nothing: what a handler puts aside is told in the log, and goes nowhere (JVM). */
  readonly isGlobal?: boolean;
}

export interface TaskErrorsOptions extends ExceptionHandlers {
  readonly taskId: string;
  readonly collector: RecordCollector;
  readonly logger: Logger;
  readonly metrics: TaskMetrics;
  readonly context: RecordContext;
  /** The input record at hand; undefined in a punctuation and while caches are flushed. */
  readonly head: () => InputRecord | undefined;
}

export class TaskErrors {
  readonly #options: TaskErrorsOptions;

  constructor(options: TaskErrorsOptions) {
    this.#options = options;
  }

  /** Whether nodes need a guard: a failure may be passed over. */
  get guardsNodes(): boolean {
    return (this.#options.processingHandler ?? 'fail') !== 'fail';
  }

  /** An input record cannot be read. */
  undecodable(batch: FetchedBatch, index: number, node: string, cause: unknown): void {
    if (isNotItsFault(cause)) throw cause;
    const { topic, partition } = batch;
    const offset = batch.offset(index);
    const error = millraceError('MR_RUNTIME_UNDECODABLE', { topic, partition, offset, problem: textOf(cause) }, cause);
    const { deserializationHandler: handler = 'fail', deadLetters = null, logger, metrics } = this.#options;
    const head = { topic, partition, batch, index };
    const raw = { key: batch.key(index), value: batch.value(index), headers: batch.headers(index) };
    const record = { topic, partition, offset, timestamp: batch.timestamp(index), ...raw };
    const decision = decide(
      'deserialization.exception.handler',
      typeof handler === 'string' ? handler : () => handler(this.#where(node, head, record.timestamp), record, cause),
    );
    this.#putAside(decision, this.#where(node, head, record.timestamp), cause);
    if (decision.response === 'FAIL') throw error;
    logger.log('warn', error.message, { topic, partition, offset, deadLetterTopic: deadLetters?.topic });
    metrics.dropped(`${topic}: undecodable`);
  }

  /** A node has failed; `record` is what it was given, null in a punctuation. */
  readonly processing = (cause: unknown, node: string, record: FailedRecord | null): void => {
    if (isNotItsFault(cause) && !isBufferFull(cause)) throw cause;
    const { processingHandler: handler = 'fail', logger, metrics, context } = this.#options;
    const head = this.#options.head();
    const timestamp = record?.timestamp ?? context.timestamp;
    const decision = decide(
      'processing.exception.handler',
      typeof handler === 'string' ? handler : () => handler(this.#where(node, head, timestamp), record, cause),
    );
    this.#putAside(decision, this.#where(node, head, timestamp), cause);
    if (decision.response === 'FAIL') throw userFailure(cause, head);
    const { topic, partition, batch, index = 0 } = head ?? {};
    const position = { topic, partition, offset: batch?.offset(index) };
    logger.log('warn', `The node ${node} has failed: ${textOf(cause)}`, position);
    metrics.dropped(`${node}: processing failed`);
  };

  /** A punctuation has failed. `error` tells where; `cause` is what it threw. */
  readonly punctuation = (error: MillraceError, node: string): void => {
    const { cause } = error;
    if (isNotItsFault(cause)) throw cause;
    if (this.guardsNodes) return this.processing(cause, node, null);
    this.#putAside(asideAndFail, this.#where(node, undefined, this.#options.context.timestamp), cause);
    throw error;
  };

  /** What to stop with at an input record whose processing has failed. Nodes that are not guarded have asked nobody yet. */
  stopping(cause: unknown, head: InputQueue, timestamp: number): unknown {
    if (!this.guardsNodes && !isNotItsFault(cause))
      this.#putAside(asideAndFail, this.#where(head.source.node.name, head, timestamp), cause);
    return userFailure(cause, head);
  }

  /** A result cannot be written. `origin` says what could not be serialized; null: the record was refused. */
  readonly production = (cause: unknown, node: string, record: UnsentRecord, origin: 'KEY' | 'VALUE' | null): void => {
    if (isNotItsFault(cause) && !isRefused(cause)) throw cause;
    const { productionHandler: handler = 'default', logger, metrics } = this.#options;
    const head = this.#options.head();
    const decision = decide(
      'production.exception.handler',
      typeof handler === 'string'
        ? handler
        : () => handler(this.#where(node, head, record.timestamp), record, cause, origin),
    );
    const { topic } = record;
    if (decision.response !== 'RETRY') this.#putAside(decision, this.#where(node, head, record.timestamp), cause);
    if (decision.response === 'RETRY')
      throw millraceError('MR_RUNTIME_PRODUCTION_RETRY', { node, topic, problem: textOf(cause) }, cause);
    const error = millraceError('MR_RUNTIME_PRODUCTION', { node, topic, problem: textOf(cause) }, cause);
    if (decision.response === 'FAIL') throw error;
    logger.log('warn', error.message, { node, topic });
    metrics.dropped(`${node}: production failed`);
  };

  /** Where something has failed, as handlers are told. */
  #where(node: string, head: InputRecord | undefined, timestamp: number): ErrorContext {
    const { taskId, context } = this.#options;
    const { topic = null, partition = -1, batch, index = 0 } = head ?? {};
    return {
      taskId,
      node,
      topic,
      partition,
      offset: batch?.offset(index) ?? -1,
      timestamp,
      headers: batch?.headers(index) ?? context.headers ?? [],
      sourceRawKey: batch?.key(index) ?? null,
      sourceRawValue: batch?.value(index) ?? null,
    };
  }

  /**
   * What a handler puts aside, and the input record where a built-in one decided. Before a failure too: it is there then where nothing takes it back (at
   * least once); with exactly once it goes with its transaction.
   */
  #putAside({ deadLetters }: Decision, where: ErrorContext, error: unknown): void {
    const { deadLetters: topic = null, collector, isGlobal = false, logger } = this.#options;
    if (isGlobal && deadLetters !== undefined && deadLetters.length > 0)
      return logger.log('warn', 'Global stores put no records aside.', { topic: where.topic, offset: where.offset });
    if (deadLetters !== undefined) for (const letter of deadLetters) this.#send(letter, where);
    else if (topic !== null && !isGlobal) putAside(collector, topic, { ...asItCame(where), error });
  }

  #send({ topic, partition, key, value, timestamp, headers }: DeadLetterRecord, where: ErrorContext): void {
    const { collector } = this.#options;
    const width = collector.partitionCount(topic);
    const fallback = key === null ? Math.max(0, where.partition) % width : partitionForKey(key, width);
    collector.append(topic, partition ?? fallback, key, value, timestamp ?? Math.max(0, where.timestamp), headers);
  }
}

/** The answer of a built-in handler that stops. */
const asideAndFail: Decision = { response: 'FAIL', deadLetters: undefined };

function asItCame({ topic, partition, offset, sourceRawKey, sourceRawValue, timestamp, headers }: ErrorContext) {
  return {
    topic,
    partition,
    offset,
    key: sourceRawKey,
    value: sourceRawValue,
    timestamp: Math.max(0, timestamp),
    headers,
  };
}

/** What user code has thrown, with the position of the record that it was for; errors that are not about the record stay as they are. */
export function userFailure(cause: unknown, record: InputRecord | undefined): unknown {
  if (MillraceError.is(cause) && (cause.severity !== 'record' || cause.code === 'MR_RUNTIME_RECORD_TIME')) return cause;
  const { topic = 'a cache', partition = -1, batch, index = 0 } = record ?? {};
  const offset = batch?.offset(index) ?? -1;
  return millraceError('MR_RUNTIME_USER_CODE', { topic, partition, offset, problem: textOf(cause) }, cause);
}

function isNotItsFault(cause: unknown): boolean {
  return MillraceError.is(cause) && cause.severity !== 'record';
}

/** Refused before anything of it was sent: the other records of the commit are as good as ever. */
function isRefused(cause: unknown): boolean {
  return MillraceError.is(cause) && cause.code === 'MR_CLIENT_RECORD_TOO_LARGE';
}

/** The handler is asked, as in the JVM library: the record has been taken in, and goes on waiting. */
function isBufferFull(cause: unknown): boolean {
  return MillraceError.is(cause) && cause.code === 'MR_RUNTIME_SUPPRESS_FULL';
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
