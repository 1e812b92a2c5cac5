/** The closure of an asynchronous step, over the step of its task. */
import { millraceError, type Clock, type Random } from '@millrace/base';
import type { StreamNode } from '@millrace/operators';
import type { RecordContext } from '@millrace/state';
import type { AsyncCall, AsyncOperation, ForwardedRecord, FunctionRef } from '@millrace/topology';
import { AsyncStep, type AsyncRecord } from './async-step.ts';
import type { AsyncWork } from './async-work.ts';
import { RecordHeaders } from '../compile/record-headers.ts';
import { TaskRecord } from '../compile/processor-record.ts';

/** What a task gives its asynchronous steps. */
export interface AsyncEnvironment {
  /** Made for the first step. */
  readonly work: () => AsyncWork;
  readonly clock: Clock;
  readonly random: Random;
  readonly failures: () => number;
  readonly context: RecordContext;
  /** What the task needs to know of the input record at hand, should it fail later. */
  readonly cause: () => unknown;
}

type Run = (key: unknown, value: unknown, call: AsyncCall) => unknown;
type Retries = (error: unknown, attempt: number) => boolean;

/** Adds a step to the task; what it gives takes records, on the turn of the task. */
export function asyncNode(
  node: string,
  operation: AsyncOperation,
  environment: AsyncEnvironment,
  find: <F>(ref: FunctionRef) => F,
  next: StreamNode,
): StreamNode {
  const { clock, random, failures, context, cause } = environment;
  const work = environment.work();
  const step = new AsyncStep({
    node,
    policy: operation.policy,
    clock,
    random,
    failures,
    context,
    run: runOf(operation, find),
    retries: operation.retries === null ? () => true : find<Retries>(operation.retries),
    forward: forwarding(node, operation, context, next),
    notify: work.notify,
  });
  work.add(step);
  return (key, value, timestamp) => step.accept(key, value, timestamp, cause());
}

function runOf({ type, mapper }: AsyncOperation, find: <F>(ref: FunctionRef) => F): Run {
  switch (type) {
    case 'mapAsync':
      return find<Run>(mapper);
    case 'mapValuesAsync': {
      const run = find<Run>(mapper);
      return (key, value, call) => run(value, key, call);
    }
    case 'processAsync': {
      const run = find<(record: TaskRecord<unknown, unknown>, call: AsyncCall) => unknown>(mapper);
      // Each attempt has headers of its own to change.
      return (key, value, call) =>
        run(new TaskRecord(key, value, call.timestamp, RecordHeaders.from(call.headers)), call);
    }
  }
}

type Forward = (record: AsyncRecord, result: unknown) => void;

function forwarding(node: string, { type }: AsyncOperation, context: RecordContext, next: StreamNode): Forward {
  switch (type) {
    case 'mapAsync':
      return ({ timestamp }, result) => {
        if (!Array.isArray(result)) throw millraceError('MR_RUNTIME_ASYNC_RESULT', { node, expected: '[key, value]' });
        next(result[0], result[1], timestamp);
      };
    case 'mapValuesAsync':
      return ({ key, timestamp }, result) => next(key, result, timestamp);
    case 'processAsync':
      return (_record, result) => {
        for (const record of forwarded(node, result)) {
          context.headers = RecordHeaders.from(record.headers).list;
          context.timestamp = record.timestamp;
          next(record.key, record.value, record.timestamp);
        }
      };
  }
}

/** The records that a function gave; nothing stands for none. */
function forwarded(node: string, result: unknown): Iterable<ForwardedRecord<unknown, unknown>> {
  if (result === undefined || result === null) return [];
  if (typeof result !== 'object' || !(Symbol.iterator in result))
    throw millraceError('MR_RUNTIME_ASYNC_RESULT', { node, expected: 'an iterable of records' });
  const records = [...(result as Iterable<ForwardedRecord<unknown, unknown>>)];
  for (const { timestamp } of records)
    if (!(timestamp >= 0)) throw millraceError('MR_RUNTIME_TIMESTAMP', { timestamp });
  return records;
}
