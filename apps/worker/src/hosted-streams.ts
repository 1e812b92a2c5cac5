/** An application as the container hosts it: its health, its metrics, its end. */
import { type Logger } from '@millrace/base';
import type { Health, Hosted } from '@millrace/service';
import type { KafkaStreams } from 'millrace';
import { streamsMetricFamilies } from './streams-metric-families.ts';

/**
 * Starts the application and hosts it. It is alive until it has failed, and ready while every task of its share processes. An unreachable broker
 * makes it not ready; only what cannot pass by itself ends it.
 */
export function hostStreams(streams: KafkaStreams, errors: ErrorCounts): Hosted {
  const failed = new Promise<Error>((resolve) => {
    streams.onStateChange((state) => {
      if (state === 'ERROR' && streams.failure !== undefined) resolve(streams.failure);
    });
    // A start that is cut off by `close` has nothing to say.
    streams.start().catch((error: Error) => streams.state !== 'NOT_RUNNING' && resolve(error));
  });
  return {
    live: () =>
      streams.state === 'ERROR' ? { ok: false, reason: streams.failure?.message ?? 'it has failed' } : { ok: true },
    ready: () => readiness(streams, errors),
    metrics: () => streamsMetricFamilies(streams.metrics(), errors.byCode),
    close: (timeoutMs) => streams.close({ timeoutMs, leaveGroup: true }),
    failed,
  };
}

function readiness({ state }: KafkaStreams, { last }: ErrorCounts): Health {
  if (state === 'RUNNING') return { ok: true };
  return { ok: false, reason: last === undefined ? `it is ${state}` : `it is ${state}; the last error was: ${last}` };
}

/** Errors and warnings with a code that went to the log. */
export interface ErrorCounts {
  readonly byCode: ReadonlyMap<string, number>;
  /** The message of the latest. */
  readonly last: string | undefined;
}

/** A logger that counts what has a code, and the counts. */
export function countingLogger(logger: Logger): { readonly logger: Logger; readonly errors: ErrorCounts } {
  const byCode = new Map<string, number>();
  const errors: { byCode: Map<string, number>; last: string | undefined } = { byCode, last: undefined };
  return {
    errors,
    logger: {
      log(level, text, fields) {
        const code = fields?.['code'];
        if ((level === 'warn' || level === 'error') && typeof code === 'string') {
          byCode.set(code, (byCode.get(code) ?? 0) + 1);
          errors.last = text;
        }
        logger.log(level, text, fields);
      },
    },
  };
}
