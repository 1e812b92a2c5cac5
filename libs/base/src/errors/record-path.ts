import { define } from './define.ts';

/** Errors of the record path of the runtime. */
export const recordPathErrors = {
  MR_RUNTIME_NOT_YET: define<{ what: string }>({
    severity: 'user',
    message: ({ what }) => `Millrace does not have ${what} yet.`,
    remedy: () => 'The README says what is there; leave this out of the topology for now.',
  }),
  MR_RUNTIME_SERDE_MISSING: define<{ where: string }>({
    severity: 'user',
    message: ({ where }) => `There is no serde for the ${where}.`,
    remedy: () => 'Name one in the topology, or set default.key.serde and default.value.serde.',
  }),
  MR_RUNTIME_UNDECODABLE: define<{ topic: string; partition: number; offset: number; problem: string }>({
    severity: 'record',
    message: ({ topic, partition, offset, problem }) =>
      `The record at ${topic}-${partition} offset ${offset} cannot be read: ${problem}`,
    remedy: ({ topic, partition, offset }) =>
      'Correct the producer. To go on, set deserialization.exception.handler=dead-letter with errors.dead.letter.queue.topic.name ' +
      '(the record is kept there, with the reason) or =log-and-continue (it is counted); or stop all workers and pass this one by: ' +
      `kafka-consumer-groups.sh --bootstrap-server HOST:PORT --group APPLICATION_ID --topic ${topic}:${partition} --reset-offsets --to-offset ${offset + 1} --execute.`,
  }),
  MR_RUNTIME_RECORD_TIME: define<{ topic: string; partition: number; offset: number; timestamp: number }>({
    severity: 'record',
    message: ({ topic, partition, offset, timestamp }) =>
      `The record at ${topic}-${partition} offset ${offset} has no valid timestamp: ${timestamp}.`,
    remedy: () => "Give the source a 'timestamp' function, or the name of one of the policies for such records.",
  }),
  MR_RUNTIME_USER_CODE: define<{ topic: string; partition: number; offset: number; problem: string }>({
    severity: 'user',
    message: ({ topic, partition, offset, problem }) =>
      `A function of the topology failed at ${topic}-${partition} offset ${offset}: ${problem}`,
    remedy: () =>
      'The stack of the cause names the function. Nothing of this record was committed; the next start tries it again.',
  }),
  MR_RUNTIME_PROCESSOR: define<{ node: string; step: 'init' | 'close'; problem: string }>({
    severity: 'user',
    message: ({ node, step, problem }) => `The processor ${node} failed in ${step}(): ${problem}`,
    remedy: () => 'The stack of the cause names the place. A task whose processors do not begin processes nothing.',
  }),
  MR_RUNTIME_HANDLER: define<{ setting: string; problem: string }>({
    severity: 'user',
    message: ({ setting, problem }) => `The function given as ${setting} failed itself: ${problem}`,
    remedy: () => 'Answer RESUME or FAIL, for production also RETRY; a handler must not throw and not wait.',
  }),
  MR_RUNTIME_PRODUCTION: define<{ node: string; topic: string; problem: string }>({
    severity: 'user',
    message: ({ node, topic, problem }) => `${node} cannot write a record to ${topic}: ${problem}`,
    remedy: () =>
      'Look at the serdes of the sink and at the size of the record. To go on without such records, set production.exception.handler=log-and-continue or give a function.',
  }),
  MR_RUNTIME_PRODUCTION_RETRY: define<{ node: string; topic: string; problem: string }>({
    severity: 'retriable',
    message: ({ node, topic, problem }) => `${node} could not write a record to ${topic}: ${problem}`,
    remedy: () => 'The handler asked for it to be tried again: the tasks begin anew from the committed offsets.',
  }),
  MR_RUNTIME_SUPPRESS_FULL: define<{ node: string; records: number; bytes: number; limit: string }>({
    severity: 'user',
    message: ({ node, records, bytes, limit }) =>
      `The buffer of ${node} holds ${records} records of ${bytes} bytes, more than its limit of ${limit}.`,
    remedy: () =>
      'Raise the limit (maxRecords, maxBytes), shorten the windows or their grace, or choose whenFull: emit where early results are allowed.',
  }),
  MR_RUNTIME_JOIN_GRACE_KEY: define<{ where: string }>({
    severity: 'user',
    message: ({ where }) => `The left join ${where} cannot keep a record without a key until its grace is over.`,
    remedy: () => 'Filter such records out in front of the join, or join them in a join of their own without a grace.',
  }),
  MR_RUNTIME_INTERNAL_TOPIC: define<{ topic: string; expected: number; actual: number }>({
    severity: 'user',
    message: ({ topic, expected, actual }) =>
      `The internal topic ${topic} has ${actual} partitions, the topology needs ${expected}.`,
    remedy: () =>
      'The source topics changed. Reset the application: delete its internal topics and its group, then start again.',
  }),
  MR_RUNTIME_ASYNC_TIMEOUT: define<{ node: string; attempt: number; timeoutMs: number }>({
    severity: 'record',
    message: ({ node, attempt, timeoutMs }) => `Attempt ${attempt} of ${node} took longer than ${timeoutMs} ms.`,
    remedy: () =>
      'Give the step a longer timeout or more attempts, and hand the signal of the call to what it waits for.',
  }),
  MR_RUNTIME_ASYNC_OVERDUE: define<{ nodes: readonly string[]; records: number; drainMs: number }>({
    severity: 'retriable',
    message: ({ nodes, records, drainMs }) =>
      `${records} records were still under way in ${nodes.join(', ')} after a commit had waited ${drainMs} ms for them.`,
    remedy: () =>
      'They are done again. If that repeats, give the step fewer attempts or a shorter timeout, a lower concurrency, or raise transaction.timeout.ms and async.drain.timeout.ms.',
  }),
  MR_RUNTIME_ASYNC_BUDGET: define<{ node: string; longestMs: number; drainMs: number }>({
    severity: 'user',
    message: ({ node, longestMs, drainMs }) =>
      `A record may be under way in ${node} for ${longestMs} ms, but a commit waits ${drainMs} ms for it only.`,
    remedy: () =>
      'Give the step a shorter timeout or fewer attempts, or raise async.drain.timeout.ms, and transaction.timeout.ms with it.',
  }),
  MR_RUNTIME_ASYNC_ENDED: define<Record<never, never>>({
    severity: 'retriable',
    message: () => 'The task was given up while the call was under way.',
    remedy: () => 'The record is processed again by whoever has the task next.',
  }),
  MR_RUNTIME_ASYNC_RESULT: define<{ node: string; expected: string }>({
    severity: 'user',
    message: ({ node, expected }) => `The function of ${node} gave something else than ${expected}.`,
    remedy: ({ expected }) => `Return ${expected}, or a promise of it.`,
  }),
};
