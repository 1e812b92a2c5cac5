/** Asynchronous steps of a stream: their options, checked, and their nodes. */
import { durationMs, millraceError, type Duration } from '@millrace/base';
import type { AsyncOperation, AsyncOrder, AsyncPolicy } from '@millrace/topology';
import { requireOptions } from './argument.ts';
import type { AnyFunction, Graph } from './graph.ts';
import type { Named } from './options.ts';

/**
 * How an asynchronous step works. The function is called at least once for each record, and may be called again for one whose results were not
 * committed; its results are part of the commit that covers its record, so with exactly once they are there once.
 */
export interface AsyncOptions extends Named {
  /** Calls that run at a time, for each task. @default 16 */
  readonly concurrency?: number;
  /**
   * `key`: records of one key run one after another and leave in their order; those of different keys leave as they are done. `input`: all leave in the
   * order they came. Records without a key wait for none with `key`. Behind `key`, windows need a grace that covers how far records overtake each other.
   * @default 'key'
   */
  readonly order?: AsyncOrder;
  /** How long one attempt may take, ms or text. @default '1s' */
  readonly timeout?: Duration;
  /** How often a record is tried, the first attempt included. What fails the last time is up to processing.exception.handler. @default 3 */
  readonly attempts?: number;
  /** Pause after the first failure; it doubles with each further one. Each is shortened by a random part, a half at most. @default '100ms' */
  readonly backoff?: Duration;
  /** The longest pause. @default '1s' */
  readonly maxBackoff?: Duration;
  /** Whether another attempt is worth it after this failure. @default always */
  readonly retryIf?: (error: unknown, attempt: number) => boolean;
}

interface AsyncNode {
  readonly type: AsyncOperation['type'];
  readonly prefix: string;
  readonly parent: string;
  readonly mapper: AnyFunction;
  readonly options: AsyncOptions;
}

/** Adds an asynchronous step; gives its node. Throws MR_TOPOLOGY_ASYNC_OPTION. */
export function addAsyncStep(graph: Graph, { type, prefix, parent, mapper, options }: AsyncNode): string {
  requireOptions(prefix, options);
  const node = graph.name(prefix, options.name);
  graph.processor(node, [parent], {
    type,
    mapper: graph.function(node, 'mapper', mapper, true),
    retries: options.retryIf === undefined ? null : graph.function(node, 'retries', options.retryIf),
    policy: policyOf(node, options),
  } satisfies AsyncOperation);
  return node;
}

function policyOf(node: string, options: AsyncOptions): AsyncPolicy {
  const {
    concurrency = 16,
    order = 'key',
    attempts = 3,
    timeout = '1s',
    backoff = '100ms',
    maxBackoff = '1s',
  } = options;
  const policy = {
    concurrency,
    order,
    attempts,
    timeoutMs: durationMs(timeout),
    backoffMs: durationMs(backoff),
    backoffMaxMs: durationMs(maxBackoff),
  };
  const require = (holds: boolean, option: keyof AsyncOptions, expected: string): void => {
    if (!holds)
      throw millraceError('MR_TOPOLOGY_ASYNC_OPTION', { node, option, came: String(options[option]), expected });
  };
  require(Number.isInteger(concurrency) && concurrency >= 1, 'concurrency', 'a whole number, 1 at least');
  require(Number.isInteger(attempts) && attempts >= 1, 'attempts', 'a whole number, 1 at least');
  require(order === 'key' || order === 'input', 'order', "'key' or 'input'");
  require(policy.timeoutMs >= 1, 'timeout', '1 ms at least');
  require(policy.backoffMs >= 0, 'backoff', '0 ms at least');
  require(policy.backoffMaxMs >= policy.backoffMs, 'maxBackoff', 'no less than backoff');
  return policy;
}
